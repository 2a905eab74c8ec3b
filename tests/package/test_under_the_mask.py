"""Promise 4 for packages: what is under the masks changes one root of salted commitments, and nothing else."""

from pathlib import Path

import numpy as np
import pytest

from bodycam_pipeline.evidence.keys import new_key, read_private_key, read_public_key
from bodycam_pipeline.package.check import Trust, check_package
from bodycam_pipeline.package.make import make_package
from bodycam_pipeline.values.geometry import Region
from bodycam_pipeline.values.policy import Policy
from tests.attacks.jobs import coded_policy, plan_of, quick_policy, recording_of, rendered
from tests.attacks.test_under_the_mask import FRAMES, changed_under, noise
from tests.inline import InlineRunner


def packaged(path: Path, policy: Policy, key: Path) -> tuple[dict[str, bytes], dict[str, object]]:
    """Every file of a recording's package but the statement, and what the statement says beside digests of files."""
    job = rendered(path, policy, plan_of(path, policy, [(0, Region(16, 16, 48, 48))])).folders
    made = make_package(job, path.parent / "package", read_private_key(key), "A. Officer", InlineRunner()).path
    said = check_package(made, Trust(read_public_key(key.with_name("agency.pub.pem"))), InlineRunner()).statement
    files = {file.name: file.read_bytes() for file in made.iterdir() if file.name != "statement.dsse.json"}
    return files, said.predicate


@pytest.mark.parametrize("policy", [quick_policy(), coded_policy()], ids=["blur", "codes"])
def test_packages_differ_in_the_root_of_salted_commitments_alone(policy: Policy, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    shown = [noise(rng, 96, 64) for _ in range(FRAMES)]
    under = [changed_under(picture, [(0, Region(16, 16, 48, 48))], rng) for picture in shown]
    new_key(tmp_path / "agency.pem")
    recordings = [recording_of(tmp_path / name, planes) for name, planes in (("a", shown), ("b", under), ("c", shown))]
    (first, said), *others = (packaged(path, policy, tmp_path / "agency.pem") for path in recordings)
    for files, also_said in others:  # of another recording, and of the same one: which of the two, no root tells
        assert files == first
        differing = {name for name in said if said[name] != also_said[name]}
        assert differing == {"source"}
