"""What was decided in a job's folder is what is rendered: nobody has to name the file, and nobody loses it."""

from pathlib import Path

import pytest

from bodycam_pipeline.pipeline import Order, detect, key_of, redact
from bodycam_pipeline.release.work import read_draft
from bodycam_pipeline.review.decisions import DecisionStore
from bodycam_pipeline.values.edits import Edits, Hide
from bodycam_pipeline.values.errors import EditsError
from tests.attacks.jobs import quick_policy
from tests.clips import clip
from tests.inline import InlineRunner


def test_a_job_is_rendered_as_it_was_decided_and_other_edits_beside_are_refused(tmp_path: Path) -> None:
    path = clip(tmp_path / "recording.mp4", frames=10)
    order = Order(str(path), tmp_path / "out", quick_policy())
    job, _ = detect(order, InlineRunner())
    before = key_of(order, job.recording)
    box = {"kind": "plate", "by": "R. O.", "whole": True, "keyframes": [{"at": "0", "box": [64, 64, 96, 96]}]}
    drawn = Hide.model_validate(box)
    DecisionStore(job.folders).decide("R. O.", "draw", plan=read_draft(job.folders).sha256, add=[drawn])
    assert key_of(order, job.recording) != before
    other = Edits.model_validate({"mute": [{"from": "0", "to": "0.2", "reason": "r", "by": "b"}]})
    with pytest.raises(EditsError, match="other edits are given"):
        redact(Order(str(path), tmp_path / "out", quick_policy(), other), InlineRunner())
    published = redact(order, InlineRunner())
    assert len([row for row in published.plan.rows() if row.origin == "manual"]) == 10
    assert redact(Order(str(path), tmp_path / "out", quick_policy(), Edits(hide=(drawn,))), InlineRunner()).already
