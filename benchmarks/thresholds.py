"""What a detector's thresholds hide and miss on real clips: the figures beside each entry of models.toml.

    python -m benchmarks.thresholds detector-v1 [--pairs 0.5/0.3 0.6/0.4]

Each frame is looked at once, with everything at or above the lowest floor; tracks and plan are then made for every
pair of start and floor, as `bodycam detect` makes them. Needs the labelled clips in ../shared/data; prints, per pair,
how many of the boxes that must be hidden are, how many times as much of the picture is hidden as is needed, how much is
hidden for nothing, and the false tracks per minute.
"""

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

from benchmarks.looked import Eyes, Seen, look_at, planned
from bodycam_pipeline.measuring.clips import clips_in
from bodycam_pipeline.rules.hiding import hidden_by
from bodycam_pipeline.rules.scoring import score
from bodycam_pipeline.running.local import LocalRunner
from bodycam_pipeline.values.detection import Look
from bodycam_pipeline.values.looks import Looks
from bodycam_pipeline.values.model import Thresholds
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.values.score import Score
from bodycam_pipeline.values.truth import Truth
from bodycam_pipeline.vision.registry import find_model

CLIPS = Path(__file__).parents[2] / "shared" / "data" / "clips"
PAIRS = ("0.5/0.3", "0.55/0.35", "0.6/0.4", "0.65/0.45", "0.7/0.5")
LOWEST = 0.2
"""Nothing below is kept from the look: no pair has its floor there."""


def main() -> None:
    """Look once, plan per pair, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--pairs", nargs="+", default=PAIRS, help="start/floor, for both kinds")
    options = parser.parse_args()
    if not CLIPS.is_dir():
        raise SystemExit(f"{CLIPS} is not there: nothing to measure on")
    clips = _seen(options.model)
    print("| start/floor | must hidden | hidden / needed | excess | false tracks/min |\n|---|---|---|---|---|")
    for pair in options.pairs:
        print(f"| {pair} | {_row(clips, *map(float, pair.split('/')))} |")


def _seen(name: str) -> list[tuple[Truth, Seen]]:
    found = find_model(name)
    low = replace(found, kinds={kind: Thresholds(LOWEST, LOWEST) for kind in found.kinds})
    with tempfile.TemporaryDirectory() as folder, LocalRunner(2) as runner:
        eyes = Eyes((low,), Policy().with_models([low.name]).detection, runner, Path(folder))
        return [(truth, look_at(CLIPS / clip, eyes)) for clip, truth in clips_in(CLIPS).items()]


def _row(clips: list[tuple[Truth, Seen]], start: float, floor: float) -> str:
    total = Score()
    for truth, seen in clips:
        looks = Looks.of(_cut(x, start, floor) for x in seen.looks)
        total += score(truth, hidden_by(planned(replace(seen, looks=looks), Policy()), truth))
    hidden = f"{total.must_hidden}/{total.must} | {total.ratio or 0:.2f}"
    return f"{hidden} | {total.share_excess or 0:.1%} | {total.false_per_minute or 0:.0f}"


def _cut(look: Look, start: float, floor: float) -> Look:
    kept = (replace(d, confident=d.score >= start) for d in look.detections if d.score >= floor)
    return replace(look, detections=tuple(kept))


if __name__ == "__main__":
    main()
