"""Who decided, and what was left visible, is in no public byte: not in words, and not in a digest that guesses match.

The attacker has the package and a list of everybody who works at the agency.
"""

import base64
import json
from dataclasses import replace
from pathlib import Path

import pytest

from bodycam_pipeline.evidence.keys import new_key, read_private_key
from bodycam_pipeline.evidence.plan_file import plan_sha256
from bodycam_pipeline.package.make import make_package
from bodycam_pipeline.values.geometry import Region
from bodycam_pipeline.values.plan import Dismissed, DrawnTrack, KeptTrack, MutedSpan, Plan, WithheldSpan
from bodycam_pipeline.values.timeline import Span
from tests.attacks.jobs import files_of, plan_of, quick_policy, rendered
from tests.clips import clip
from tests.inline import InlineRunner

FIRST, SECOND = "Quentin Beauregard", "Ottoline Vanterpool"
HIDDEN = Region(16, 16, 48, 48)
POLICY = quick_policy("mosaic", audio={"policy": "keep", "reason": "a test"})


def decided_by(path: Path, name: str, left_visible: int = 100) -> Plan:
    """Everything that a person can decide, by one person; where a face was left visible is a number."""
    ticks = Span(0, 1)
    return replace(
        plan_of(path, POLICY, [(1, HIDDEN)]),
        withheld=(WithheldSpan(ticks, "a dwelling", name),),
        muted=(MutedSpan(ticks, "an address", name),),
        kept=(KeptTrack(7, "the requester", name, ((0, left_visible, 0, 120, 20),)),),
        drawn=(DrawnTrack(1, name),),
        dismissed=(Dismissed(ticks, HIDDEN, "a poster", name),),
    )


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clip(tmp_path_factory.mktemp("names") / "recording.mp4", frames=3, tone_hz=330)


@pytest.mark.parametrize(
    "other",
    [
        lambda path: decided_by(path, SECOND),
        lambda path: decided_by(path, FIRST, left_visible=60),
        lambda path: replace(decided_by(path, FIRST), dismissed=()),
        lambda path: replace(decided_by(path, FIRST), undecodable_pts=(0,)),
        lambda path: replace(decided_by(path, FIRST), recording_sha256="00" * 32),
    ],
    ids=["names", "left visible", "dismissed", "damaged", "recording"],
)
def test_what_stays_inside_is_in_the_digest_inside_and_not_in_the_public_one(recording: Path, other: object) -> None:
    plans = decided_by(recording, FIRST), other(recording)  # type: ignore[operator]
    assert plans[0].sha256 == plans[1].sha256
    assert plan_sha256(plans[0]) != plan_sha256(plans[1])


def test_two_plans_that_differ_in_names_alone_give_the_same_public_bytes(recording: Path, tmp_path: Path) -> None:
    """The salted root differs, as it does between any two jobs; without the job's secret it is noise."""
    new_key(tmp_path / "agency.pem")
    key, packages = read_private_key(tmp_path / "agency.pem"), []
    for name in (FIRST, SECOND):
        (tmp_path / name).mkdir()
        path = Path(tmp_path / name / "recording.mp4")
        path.write_bytes(recording.read_bytes())
        published = rendered(path, POLICY, decided_by(path, name))
        package = make_package(published.folders, tmp_path / name / "package", key, name, InlineRunner()).path
        files = {file.name: file.read_bytes() for file in package.iterdir()}
        statement = json.loads(base64.b64decode(json.loads(files.pop("statement.dsse.json"))["payload"]))
        root = statement["predicate"]["source"].pop("root")
        packages.append((files_of(published), files, statement))
        assert len(root) == 64
    assert packages[0] == packages[1]
