"""`bodycam open-frame`: one frame's source is proved by the signed root, and nothing is said of any other."""

import json
from fractions import Fraction
from pathlib import Path

import pytest

from bodycam_pipeline.package.check import check_package
from bodycam_pipeline.package.frame_disclosure import check_disclosure, open_frame
from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.release.source import SECRET
from bodycam_pipeline.values.errors import PackageError, VerificationError
from tests.clips import clip
from tests.inline import InlineRunner
from tests.package.conftest import FRAMES, REVIEWERS, Made

ASKED = (REVIEWERS[0], "asked for by the commissioner")


@pytest.fixture
def disclosure(made: Made, tmp_path: Path) -> Path:
    path = tmp_path / "disclosure.json"
    path.write_bytes(open_frame(made.job, Fraction("0.25"), *ASKED))
    return path


@pytest.mark.parametrize("number", range(FRAMES))
def test_every_frame_can_be_opened_and_is_the_recordings(made: Made, tmp_path: Path, number: int) -> None:
    path = tmp_path / "disclosure.json"
    path.write_bytes(open_frame(made.job, Fraction(number, 25), *ASKED))
    found = check_disclosure(
        path, made.archive if number % 2 else made.folder, made.trust, InlineRunner(), str(made.recording)
    )
    packets = probe(str(made.recording)).packets
    (at,) = (packets.pts == found.pts).nonzero()[0]
    assert (found.number, found.packet_sha256) == (number, packets.sha256[at].tobytes())


def test_an_opening_tells_nothing_of_any_other_frame(made: Made, disclosure: Path) -> None:
    text, packets = disclosure.read_text(), probe(str(made.recording)).packets
    shown = [row.tobytes().hex() for row in packets.sha256 if row.tobytes().hex() in text]
    assert shown == [json.loads(text)["source_packet_sha256"]]
    assert (made.job.internal / SECRET).read_bytes().hex() not in text


@pytest.mark.parametrize("part", ["frame", "release_pts", "source_pts", "source_packet_sha256", "salt", "proof"])
def test_an_opening_with_a_part_changed_is_refused(made: Made, disclosure: Path, part: str) -> None:
    value = json.loads(disclosure.read_text())
    match value[part]:
        case int(number):
            value[part] = number + 1
        case str(text):
            value[part] = f"{int(text[0], 16) ^ 1:x}{text[1:]}"
        case steps:
            value[part] = steps[:-1]
    disclosure.write_text(f"{json.dumps(value, indent=1)}\n")
    with pytest.raises(VerificationError, match="does not open"):
        check_disclosure(disclosure, made.folder, made.trust, InlineRunner())


def test_bytes_that_move_from_the_salt_to_the_digest_are_refused(made: Made, disclosure: Path) -> None:
    value = json.loads(disclosure.read_text())
    value["salt"], moved = value["salt"][:-2], value["salt"][-2:]
    value["source_packet_sha256"] = moved + value["source_packet_sha256"]
    disclosure.write_text(f"{json.dumps(value, indent=1)}\n")
    with pytest.raises(VerificationError, match="no disclosure"):
        check_disclosure(disclosure, made.folder, made.trust, InlineRunner())


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"frame": 0}'])
def test_what_is_no_opening_is_refused(made: Made, disclosure: Path, text: str) -> None:
    disclosure.write_text(text)
    with pytest.raises(VerificationError, match="no disclosure"):
        check_disclosure(disclosure, made.folder, made.trust, InlineRunner())


def test_another_recording_is_refused(made: Made, disclosure: Path, tmp_path: Path) -> None:
    other = clip(tmp_path / "other.mp4", frames=FRAMES, size=(320, 208))
    with pytest.raises(VerificationError, match="another frame"):
        check_disclosure(disclosure, made.folder, made.trust, InlineRunner(), str(other))


def test_a_time_before_the_first_frame_opens_nothing(made: Made) -> None:
    with pytest.raises(PackageError, match="nothing at that time"):
        open_frame(made.job, Fraction(-1), *ASKED)


def test_the_statement_commits_to_every_source_frame(made: Made) -> None:
    source = check_package(made.folder, made.trust, InlineRunner()).statement.predicate["source"]
    assert source["count"] == FRAMES
