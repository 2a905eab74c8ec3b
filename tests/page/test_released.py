"""What the page shows as released is the very pixels of the renderer, whatever style each kind has."""

from pathlib import Path

import av
import numpy as np

from bodycam_pipeline.page.review import Review
from bodycam_pipeline.pipeline import Order, detect, redact
from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.read.upright import encode_still
from bodycam_pipeline.review.decisions import edits_path
from tests.attacks.jobs import MIXED_HIDE, quick_policy
from tests.clips import clip
from tests.inline import InlineBoxes, InlineRunner

BOXES = {"face": [64, 64, 128, 128], "plate": [96, 96, 160, 160], "screen": [200, 32, 280, 112]}
"""A blurred face, a filled plate that lies over a corner of it, and a screen under a mosaic."""


def drawn(kind: str) -> str:
    keyframes = f'keyframes = [{{ at = "0", box = {BOXES[kind]} }}, {{ at = "0.2", box = {BOXES[kind]} }}]'
    return f'[[hide]]\nkind = "{kind}"\nreason = "drawn"\nby = "me"\n{keyframes}\n'


def test_kinds_in_styles_of_their_own_are_shown_as_they_are_released(tmp_path: Path) -> None:
    path = clip(tmp_path / "recording.mp4", frames=6)
    policy = quick_policy(hide=MIXED_HIDE, encoding={"crf": 0})
    job, _ = detect(Order(str(path), tmp_path / "out", policy), InlineRunner())
    edits_path(job.folders).write_text("".join(map(drawn, BOXES)))
    review = Review(job.folders, InlineBoxes(), InlineRunner)
    video = probe(str(path)).video
    shown = {pts: review.still("released", pts, "png") for pts in probe(str(path)).packets.shown_pts().tolist()}
    review.close()
    published = redact(review.order(), InlineRunner())
    with av.open(published.folders.release / published.folders.video_name) as file:
        frames = [frame for frame in file.decode(video=0) if frame.pts in shown]
    assert len(frames) == len(shown)
    for frame in frames:
        assert encode_still(frame, video, "png") == shown[frame.pts or 0]
        luma = np.frombuffer(frame.planes[0], np.uint8).reshape(frame.height, -1)
        assert (luma[96:160, 96:160] == 16).all(), "the fill lies over the blur"
        assert len(np.unique(luma[64:96, 64:96])) > 1
    report = (published.folders.internal / "report.html").read_text()
    assert all(f"<td>{style}" in report for style in ("blur", "fill", "mosaic"))
