"""Clips that were looked at once: which of the looks the product would have taken."""

from pathlib import Path

import pytest

from bodycam_pipeline.steps.key_frames import DELAY, QUIET
from bodycam_pipeline.values.detection import Detection
from bodycam_pipeline.values.evidence import Evidence
from bodycam_pipeline.values.geometry import Box
from bodycam_pipeline.values.model import Thresholds
from research.footage import Looked
from tests.clips import clip

FRAMES, CUT_AT, COMES_AT = 60, 30, 50
SURE = Evidence({"face": (0,)}, thresholds={"face": (Thresholds(0.5, 0.2),)})
FACE = (Detection(0, "face", Box(4, 4, 20, 20), 0.9),)


@pytest.mark.parametrize(("rate", "thinned"), [(30, True), (10, False)])
def test_looks_are_thinned_out_as_the_product_does(tmp_path: Path, rate: int, *, thinned: bool) -> None:
    """Half of the turns while nothing is seen; all of them after a cut at first, and soon after something is seen."""
    looks = tuple((FACE if n >= COMES_AT else ()) if n % 2 == 0 else None for n in range(FRAMES))
    since_cut = (*range(CUT_AT), *range(FRAMES - CUT_AT))
    path = clip(tmp_path / "a.mp4", frames=FRAMES, rate=rate)
    looked = Looked(path, {}, looks, since_cut, 1.0).thinned_out(SURE, networks=1, interval=2)
    kept = [n for n, seen in enumerate(looked.detections) if seen is not None]
    first = 2 * (DELAY + QUIET - 1)
    quiet = [*range(0, first, 2), *range(first + 2, CUT_AT, 4)]
    after = [n for n in kept if CUT_AT <= n < CUT_AT + first]
    assert (kept != list(range(0, FRAMES, 2))) is thinned
    if thinned:
        assert [n for n in kept if n < CUT_AT] == quiet
        assert after == list(range(CUT_AT, CUT_AT + first, 2))
        assert any(COMES_AT <= n < COMES_AT + 4 for n in kept)
