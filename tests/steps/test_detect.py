"""The first and the second look at a segment: decoded, watched, and kept for a later run."""

from dataclasses import replace
from pathlib import Path

import pytest

from bodycam_pipeline._native import Planes
from bodycam_pipeline.evidence.candidates_file import read_candidates
from bodycam_pipeline.evidence.frames_file import read_digests
from bodycam_pipeline.kept import make_secret, secret_path
from bodycam_pipeline.rules.joining import tracklets
from bodycam_pipeline.rules.judging import life_of
from bodycam_pipeline.steps import watching
from bodycam_pipeline.steps.audit import auditing
from bodycam_pipeline.steps.detect import border_frame, frames_of
from bodycam_pipeline.tasks.audit import Audit, AuditTask, audit_segment
from bodycam_pipeline.tasks.detect import DetectTask, Part, detect_segment
from bodycam_pipeline.tasks.watching import Watching
from bodycam_pipeline.values.detection import Detection
from bodycam_pipeline.values.evidence import Evidence
from bodycam_pipeline.values.model import Thresholds
from bodycam_pipeline.vision.looking import Looking
from bodycam_pipeline.vision.registry import find_model
from tests.following.scenes import CUT
from tests.steps.recordings import BORDER, FRAMES, THING, pts_of, recorded

EVIDENCE = Evidence({"face": (0,), "plate": ()}, thresholds={"face": (Thresholds(0.5, 0.2),), "plate": ()})
WATCHING = Watching((Looking(find_model("detector-v1"), (320,), {"face": 0.2}),), EVIDENCE, CUT)


class Seeing:
    """A network that sees the thing in the frames that it is shown, in order, from a first one on."""

    finest = 1.0

    def __init__(self, first: int, interval: int) -> None:
        self.next, self.interval, self.looks = first, interval, 0

    def look(self, _frame: Planes) -> list[Detection]:
        self.looks, number = self.looks + 1, self.next
        self.next += self.interval
        return [Detection(0, "face", THING.box(number), 0.9)]


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> list[Part]:
    return recorded(tmp_path_factory.mktemp("detect") / "a.mp4")


def eyes(monkeypatch: pytest.MonkeyPatch, first: int, interval: int) -> Seeing:
    made = Seeing(first, interval)
    monkeypatch.setattr(watching, "Detector", lambda *_: made)
    return made


def secret(folder: Path) -> Path:
    make_secret(folder)
    return secret_path(folder)


def task_of(part: Part, path: Path, digests: str | None = None) -> DetectTask:
    return DetectTask(part, WATCHING, 2, True, 1, str(path), str(secret(path.parent)), digests)


def test_a_thing_that_goes_through_both_segments_is_one_chain(
    parts: list[Part], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for part, first in zip(parts, (0, BORDER), strict=True):
        seeing = eyes(monkeypatch, first, 2)
        found.append(detect_segment(task_of(part, tmp_path / f"{first}")))
        assert seeing.looks == part.segment.frames // 2
    assert [part.border_pts for each in found for part in each.parts] == [pts_of(parts[0], BORDER), None]
    (chain,) = tracklets(found)
    life = life_of(chain, float(parts[0].video.time_base))
    assert life.points["pts"].tolist() == [pts_of(parts[0], n) for n in range(FRAMES)]
    assert life.detected.tolist() == [n % 2 == 0 for n in range(FRAMES)]


def test_what_was_found_is_kept_and_not_looked_for_again_until_a_byte_changes(
    parts: list[Part], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kept"
    seeing, task = eyes(monkeypatch, BORDER, 2), task_of(parts[1], path)
    detect_segment(task)
    first, looks = path.read_bytes(), seeing.looks
    again = detect_segment(task)
    assert seeing.looks == looks == 10
    assert again.segment == 1
    path.write_bytes(first[:-1] + bytes([first[-1] ^ 1]))
    seeing.next = BORDER
    detect_segment(task)
    assert seeing.looks == 2 * looks
    assert path.read_bytes() == first


def test_the_frames_are_named_by_their_digests_where_somebody_will_ask(
    parts: list[Part], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    eyes(monkeypatch, BORDER, 2)
    detect_segment(task_of(parts[1], tmp_path / "c", str(tmp_path / "frames.parquet")))
    digests = read_digests(tmp_path / "frames.parquet", secret(tmp_path))
    assert digests is not None
    assert sorted(digests) == [pts_of(parts[1], n) for n in range(BORDER, FRAMES)]


def test_the_border_frame_is_the_next_segments_first(parts: list[Part]) -> None:
    border = border_frame(parts[0])
    assert border is not None
    assert border[0] == next(frames_of(parts[1]))[0] == pts_of(parts[0], BORDER)
    assert border_frame(parts[1]) is None


def test_a_border_packet_that_shows_nothing_is_no_border(parts: list[Part]) -> None:
    assert parts[0].border is not None
    hidden = replace(parts[0].border, shown=~parts[0].border.shown)
    assert border_frame(replace(parts[0], border=hidden)) is None


class TestTheSecondLook:
    """At the frames that are due, and at no others."""

    def audit(self, part: Part, due: range, path: Path) -> Audit:
        return Audit(WATCHING, tuple(pts_of(part, n) for n in due), 1, str(path), str(secret(path.parent)))

    def test_the_frames_that_are_due_are_looked_at(
        self, parts: list[Part], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seeing, due = eyes(monkeypatch, BORDER + 1, 2), range(BORDER + 1, FRAMES, 2)
        found = audit_segment(AuditTask(parts[1], self.audit(parts[1], due, tmp_path / "a")))
        assert found.parts[0].looked_pts.tolist() == [pts_of(parts[1], n) for n in due]
        assert seeing.looks == len(due)

    def test_nothing_is_due_is_nothing_seen(
        self, parts: list[Part], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seeing = eyes(monkeypatch, 0, 2)
        found = audit_segment(AuditTask(parts[1], self.audit(parts[1], range(0), tmp_path / "a")))
        assert (seeing.looks, len(found.parts[0].candidates), len(found.parts[0].frames)) == (0, 0, FRAMES - BORDER)

    def test_it_is_made_once(self, parts: list[Part], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        seeing, audit = eyes(monkeypatch, BORDER, 1), self.audit(parts[1], range(BORDER, FRAMES), tmp_path / "a")
        going = auditing(audit, parts[1].video)
        assert going is not None
        for pts, frame in frames_of(parts[1]):
            going.look(pts, frame)
        kept = going.keep(1, None)
        assert auditing(audit, parts[1].video) is None
        assert auditing(None, parts[1].video) is None
        read, looks = audit_segment(AuditTask(parts[1], audit)), seeing.looks
        assert (read.segment, looks, seeing.looks) == (1, FRAMES - BORDER, looks)
        assert read.parts[0].points.tobytes() == kept.parts[0].points.tobytes()
        assert read_candidates(tmp_path / "a", secret(tmp_path)) is not None
