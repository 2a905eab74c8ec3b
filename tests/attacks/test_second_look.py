"""Somebody forgets a face: the finished file is looked at by another network, and nothing it sees is published."""

import json
from dataclasses import replace
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from bodycam_pipeline.demo.compose import compose_demo
from bodycam_pipeline.evidence.candidates_file import read_candidates
from bodycam_pipeline.kept import make_secret, secret_path
from bodycam_pipeline.passes import auditors, parts_of
from bodycam_pipeline.pipeline import Order, Published, detect, redact, render
from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.rules.anchoring import anchor_tracks
from bodycam_pipeline.running.local import LocalRunner
from bodycam_pipeline.steps import audit
from bodycam_pipeline.tasks.audit import Audit, AuditTask, audit_segment
from bodycam_pipeline.tasks.observe import ObserveTask, observe_segment
from bodycam_pipeline.values.edits import Dismiss, Edits, Keep
from bodycam_pipeline.values.errors import NeedsReviewError, PolicyError
from bodycam_pipeline.values.geometry import Box
from bodycam_pipeline.values.plan import Plan, PlanPart
from bodycam_pipeline.values.policy import DetectionRule, Policy
from bodycam_pipeline.values.timeline import ReleaseClock
from bodycam_pipeline.vision.registry import find_model
from tests.inline import InlineRunner

HIDE = {kind: {"reason": "a test", "admission": "cautious"} for kind in ("face", "plate")}
POLICY = Policy.model_validate(
    {
        "hide": HIDE,
        "detection": {"detectors": [{"model": "detector-v1", "long_sides_px": [640]}]},
        "encoding": {"preset": "ultrafast"},
    }
)
"""One network looks at every frame, and what it has little evidence for is hidden: nothing is left to be found."""


class Street:
    """One second of the demo, planned once; every test renders it under its own name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.recording = folder / "street.mp4"
        compose_demo(self.recording, seconds=1, size=(640, 360))
        _, self.plan = detect(self.order("planned"), InlineRunner())

    def keep_surest(self) -> Keep:
        """A decision to leave the surest face visible."""
        anchors = anchor_tracks(self.plan, [self.surest("face")], probe(str(self.recording)).video)
        return Keep(anchors=anchors, plan=self.plan.sha256, reason="the requester", by="R. O.")

    def order(self, name: str, policy: Policy = POLICY, edits: Edits | None = None) -> Order:
        return Order(str(self.recording), self.folder / name, policy, edits or Edits())

    def surest(self, kind: str) -> int:
        """The track with the best score: what is large only may be a shoulder that was taken for a face."""
        rows = [row for row in self.plan.rows() if row.kind == kind]
        return max(rows, key=lambda row: row.score or 0).track

    def without(self, track: int) -> Plan:
        mine = pc.equal(self.plan.regions["track"], track)
        return replace(self.plan, regions=self.plan.regions.filter(pc.invert(mine)))


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Street:
    return Street(tmp_path_factory.mktemp("street"))


def internal(street: Street, name: str) -> Path:
    return street.folder / name / "street.internal"


def published(street: Street, name: str) -> list[Path]:
    return list((street.folder / name).glob("*.release"))


def test_a_correct_release_passes_and_says_who_looked(street: Street) -> None:
    done: Published = render(street.order("correct"), street.plan, InlineRunner())
    manifest = json.loads((done.folders.release / "manifest.json").read_text())
    looked = manifest["second_look"]
    assert [a["name"] for a in looked["auditors"]] == ["auditor-centerface", "auditor-v1"]
    assert looked["interval"] == 1
    assert "The second look at the finished file" in (internal(street, "correct") / "report.html").read_text()


@pytest.mark.parametrize("kind", ["face", "plate"])
def test_a_forgotten_track_is_found_and_nothing_is_published(street: Street, kind: str) -> None:
    track, name = street.surest(kind), f"forgotten-{kind}"
    with pytest.raises(NeedsReviewError) as refused:
        render(street.order(name), street.without(track), InlineRunner())
    assert refused.value.exit_code == 3
    assert not published(street, name)
    found = json.loads((internal(street, name) / "second-look" / "findings.json").read_text())
    assert any(finding["kind"] == kind and _meets(street.plan, track, finding["box"]) for finding in found)
    assert (internal(street, name) / "second-look" / "finding-0001.jpg").read_bytes()[:3] == b"\xff\xd8\xff"
    report = (internal(street, name) / "report.html").read_text()
    assert "Not released" in report
    assert report.count("[[dismiss]]</code>") == 1


def test_the_second_look_is_made_while_the_finished_file_is_decoded_to_be_verified(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    def twice(*_: object) -> None:
        raise AssertionError("the finished file was decoded once more")

    monkeypatch.setattr(audit, "frames_of", twice)
    done = render(street.order("once"), street.plan, InlineRunner())
    assert json.loads((done.folders.release / "manifest.json").read_text())["second_look"]["interval"] == 1


def test_made_beside_verification_or_alone_it_sees_the_same(street: Street, tmp_path: Path) -> None:
    make_secret(tmp_path)
    secret = str(secret_path(tmp_path))
    watching = auditors([(find_model("auditor-v1"), (640,))], DetectionRule())
    for part in parts_of(probe(str(street.recording))):
        due = tuple(part.packets.shown_pts()[::4].tolist())
        beside, alone = (
            Audit(watching, due, 1, str(tmp_path / f"{name}-{part.segment.number}"), secret) for name in "ab"
        )
        observe_segment(ObserveTask(part, PlanPart.empty(), ReleaseClock(0, 1), audit=beside))
        audit_segment(AuditTask(part, alone))
        seen, other = alone.kept(), beside.kept()
        assert seen is not None
        assert other is not None
        assert [part.points.tobytes() for part in seen.parts] == [part.points.tobytes() for part in other.parts]
        assert sum(len(each.looked_pts) for each in seen.parts) == len(due)
        assert any(len(each.candidates) for each in seen.parts)


def test_detectors_and_auditors_together_see_every_frame(street: Street) -> None:
    policy = Policy.model_validate(POLICY.model_dump() | {"detection": POLICY.detection.model_dump() | {"interval": 2}})
    order = street.order("pair", policy)
    _, plan = detect(order, InlineRunner())
    nothing = replace(plan, regions=plan.regions.slice(0, 0))
    with pytest.raises(NeedsReviewError):  # so that what the auditors saw is kept
        render(order, nothing, InlineRunner())
    secret, looked = secret_path(internal(street, "pair")), list[int]()
    for folder in ("street.internal", "street.staging"):
        found = [read_candidates(path, secret) for path in (street.folder / "pair" / folder).rglob("*.candidates")]
        looked += [int(pts) for each in found if each for part in each.parts for pts in part.looked_pts]
    shown = probe(str(street.recording)).packets.shown_pts().tolist()
    assert sorted(looked) == shown, "each by one of them"


def _meets(plan: Plan, track: int, box: dict[str, float]) -> bool:
    finding = Box(**box)
    regions = (row.region for row in plan.rows() if row.track == track)
    return any(finding.intersection(Box(r.left, r.top, r.right, r.bottom)) > 0 for r in regions)


def test_a_run_that_goes_on_takes_what_was_looked_at_and_ends_the_same(street: Street) -> None:
    plan, name = street.without(street.surest("face")), "forgotten-again"
    messages = set()
    for runner in (InlineRunner(), LocalRunner(2)):
        with pytest.raises(NeedsReviewError) as refused:
            render(street.order(name), plan, runner)
        messages.add(refused.value.what)
        runner.close()
    assert len(messages) == 1
    assert list((street.folder / name / "street.staging").glob("second-look-*/*.candidates"))


def test_a_track_that_a_person_keeps_is_explained(street: Street) -> None:
    edits = Edits(keep=(street.keep_surest(),))
    redact(street.order("kept", edits=edits), InlineRunner())
    assert published(street, "kept")


def test_a_spot_that_a_person_dismissed_is_published_and_counted(street: Street) -> None:
    keep = street.keep_surest()
    _, plan = detect(street.order("to-dismiss", edits=Edits(keep=(keep,))), InlineRunner())
    (kept,) = plan.kept
    forgotten = replace(plan, kept=(replace(kept, places=()),))
    with pytest.raises(NeedsReviewError):
        render(street.order("dismissed"), forgotten, InlineRunner())
    dismiss = {"from": "0", "to": "1", "box": (0, 0, 640, 360), "reason": "a doll", "by": "R. O."}
    both = Edits(keep=(keep,), dismiss=(Dismiss.model_validate(dismiss),))
    done = redact(street.order("dismissed", edits=both), InlineRunner())
    text = (done.folders.release / "manifest.json").read_text()
    assert json.loads(text)["second_look"]["dismissed_by_a_person"] == 1
    assert "a doll" not in text
    assert "a doll" in (internal(street, "dismissed") / "report.html").read_text()


def test_a_release_policy_cannot_turn_it_off_and_an_internal_one_can(street: Street) -> None:
    with pytest.raises(ValueError, match="looked at twice"):
        Policy.model_validate({"gate": {"second_look": "off"}})
    with pytest.raises(PolicyError):
        POLICY.with_second_look("off")
    internal_copy = POLICY.model_copy(update={"purpose": "internal"}).with_second_look("off")
    plan = replace(street.without(street.surest("face")), policy_sha256=internal_copy.sha256)
    done = render(street.order("off", internal_copy), plan, InlineRunner())
    assert json.loads((done.folders.release / "manifest.json").read_text())["second_look"] is None


@pytest.mark.parametrize("name", ["detector-v1", "auditor-v1"])
def test_an_auditor_with_the_detectors_weights_looks_at_a_scale_of_its_own(street: Street, name: str) -> None:
    same = {"auditors": [{"model": name, "long_sides_px": [640]}]}
    policy = Policy.model_validate(POLICY.model_dump() | {"gate": same})
    plan = replace(street.plan, policy_sha256=policy.sha256)
    done = render(street.order(f"same-{name}", policy), plan, InlineRunner())
    manifest = json.loads((done.folders.release / "manifest.json").read_text())
    assert manifest["second_look"]["auditors"][0]["long_sides_px"] == [854]
    assert "at 854 px" in (internal(street, f"same-{name}") / "report.html").read_text()


def test_a_stride_is_said_in_the_manifest(street: Street) -> None:
    strided = Policy.model_validate(POLICY.model_dump() | {"gate": {"stride": 5}})
    done = render(street.order("strided", strided), replace(street.plan, policy_sha256=strided.sha256), InlineRunner())
    assert json.loads((done.folders.release / "manifest.json").read_text())["second_look"]["interval"] == 5


def test_who_looks_less_often_is_said(street: Street) -> None:
    rarely = {"detectors": [{"model": "detector-v1", "long_sides_px": [640]}], "interval": 5}
    policy = Policy.model_validate(POLICY.model_dump() | {"detection": rarely})
    done = render(street.order("rarely", policy), replace(street.plan, policy_sha256=policy.sha256), InlineRunner())
    (model,) = json.loads((done.folders.release / "manifest.json").read_text())["models"]
    assert (model["long_sides_px"], model["interval"]) == ([640], 5)
    assert "model detector-v1, one frame in 5" in (internal(street, "rarely") / "report.html").read_text()


def test_what_was_not_hidden_lies_beside_the_plan_with_its_evidence(street: Street) -> None:
    rows = pq.read_table(internal(street, "planned") / "proposals.parquet").to_pylist()
    assert rows == sorted(rows, key=lambda row: -row["evidence"])
    assert all(row["evidence"] < Policy().hide[row["kind"]].least_evidence for row in rows)
