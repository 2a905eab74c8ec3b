"""What a detector's thresholds hide and miss on real clips: the figures beside each entry of models.toml.

    python -m benchmarks.thresholds detector-v1 [--pairs 0.5/0.3 0.6/0.4]

Each frame is looked at once, with everything at or above the lowest floor; tracks and plan are then made for every
pair of start and floor, as `bodycam eval` makes them. Needs the labelled clips in ../shared/data; prints, per pair, how
many boxes flagged sure are hidden, how much of the picture is hidden on the labelled clips, and the tracks per minute
on clips without faces and plates.
"""

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

from bodycam_pipeline.measuring.clips import Eyes, Seen, clips_in, cover, look_at
from bodycam_pipeline.running.local import LocalRunner
from bodycam_pipeline.values.detection import Look
from bodycam_pipeline.values.looks import Looks
from bodycam_pipeline.values.model import Thresholds
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.vision.registry import find_model

CLIPS = Path(__file__).parents[2] / "shared" / "data" / "clips"
FACELESS = (
    "gopro_max_walk_gpmf.mp4", "dashcam_canon_mjpeg.avi", "roof_cfr_timestamps.mp4", "vp9_10bit_road.webm",
    "h264_interlaced.mp4",
)  # fmt: skip
"""Looked at: nobody's face and no plate is to be made out in them. (In phone_street_h265.mp4 there are both.)"""

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
    print(
        "| start/floor | sure boxes hidden | area hidden | face tracks/min | plate tracks/min |\n|---|---|---|---|---|"
    )
    for pair in options.pairs:
        print(f"| {pair} | {_row(clips, *map(float, pair.split('/')))} |")


def _seen(name: str) -> list[Seen]:
    found = find_model(name)
    low = replace(found, kinds={kind: Thresholds(LOWEST, LOWEST) for kind in found.kinds})
    with tempfile.TemporaryDirectory() as folder, LocalRunner(2) as runner:
        eyes = Eyes((low,), Policy().with_models([low.name]).detection, runner, Path(folder))
        return [look_at(CLIPS / clip, boxes, eyes) for clip, boxes in clips_in(CLIPS, FACELESS).items()]


def _row(clips: list[Seen], start: float, floor: float) -> str:
    looks = [Looks.of(_cut(x, start, floor) for x in clip.looks) for clip in clips]
    covered = [cover(replace(clip, looks=cut), Policy()) for clip, cut in zip(clips, looks, strict=True)]
    labelled, empty = [c for c in covered if not c.empty], [c for c in covered if c.empty]
    boxes = sum(c.coverage.boxes for c in labelled)
    shown = sum(len(thing.visible_pts) for c in labelled for thing in c.coverage.things)
    area = sum(c.area for c in labelled) / len(labelled)
    minutes = sum(c.minutes for c in empty)
    tracks = [sum(c.tracks[kind] for c in empty) / minutes for kind in ("face", "plate")]
    return f"{boxes - shown}/{boxes} | {area:.0%} | {tracks[0]:.0f} | {tracks[1]:.0f}"


def _cut(look: Look, start: float, floor: float) -> Look:
    kept = (replace(d, confident=d.score >= start) for d in look.detections if d.score >= floor)
    return replace(look, detections=tuple(kept))


if __name__ == "__main__":
    main()
