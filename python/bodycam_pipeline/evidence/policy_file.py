"""A policy as a TOML file that a lawyer can read."""

from pathlib import Path

from bodycam_pipeline.evidence.toml_file import read_toml
from bodycam_pipeline.values.errors import PolicyError
from bodycam_pipeline.values.policy import Policy


def read_policy(path: Path) -> Policy:
    """Read a policy; what it does not say is as `Policy` has it.

    Raises:
        PolicyError: not there, not a policy, or one that asks for something unsafe; with file, line and key.
    """
    return read_toml(path, Policy, PolicyError)
