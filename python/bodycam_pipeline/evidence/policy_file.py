"""A policy as a TOML file that a lawyer can read."""

from pathlib import Path

from bodycam_pipeline.evidence.toml_file import read_toml
from bodycam_pipeline.values.errors import PolicyError
from bodycam_pipeline.values.policy import Policy

SHIPPED = Path(__file__).parents[1] / "policies"
"""Profiles of one law each, to start from; `--policy NAME` takes one."""


def shipped_policies() -> list[str]:
    """The names of the shipped profiles."""
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def read_policy(path: Path) -> Policy:
    """Read a policy, or a shipped profile by its name; what it does not say is as `Policy` has it.

    A file that is there goes before a profile of its name.

    Raises:
        PolicyError: not there, not a policy, or one that asks for something unsafe; with file, line and key.
    """
    if not path.exists() and str(path) in shipped_policies():
        path = SHIPPED / f"{path}.toml"
    return read_toml(path, Policy, PolicyError)
