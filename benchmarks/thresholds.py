"""What a detector's thresholds hide and miss on real clips: the figures beside each entry of models.toml.

    python -m benchmarks.thresholds detector-v1 [--pairs 0.5/0.3 0.6/0.4]

Each frame is looked at once, with everything at or above the lowest floor; tracks and plan are then made for every
pair of start and floor. Needs the labelled clips in ../shared/data; prints, per pair, how many boxes flagged sure are
hidden, how much of the picture is hidden on the labelled clips, and the tracks per minute on clips without faces.
"""

import argparse
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from bodycam_pipeline.media.probe import probe
from bodycam_pipeline.rules.coverage import TrueBox, hidden_share, measure
from bodycam_pipeline.rules.planning import make_plan
from bodycam_pipeline.rules.segments import split
from bodycam_pipeline.steps.detect import DetectTask, detect_segment
from bodycam_pipeline.values.detection import Look
from bodycam_pipeline.values.geometry import Box
from bodycam_pipeline.values.model import Thresholds
from bodycam_pipeline.values.plan import Plan
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.values.recording import Recording
from bodycam_pipeline.vision.registry import find_model

CLIPS = Path(__file__).parents[2] / "shared" / "data" / "clips"
FACELESS = ("gopro_max_walk_gpmf.mp4", "phone_street_h265.mp4", "dashcam_canon_mjpeg.avi")
PAIRS = ("0.5/0.3", "0.55/0.35", "0.6/0.4", "0.65/0.45", "0.7/0.5")
LOWEST = 0.2
"""Nothing below is kept from the look: no pair has its floor there."""


@dataclass(frozen=True)
class Seen:
    """One clip, looked at once; its true boxes if it is labelled."""

    recording: Recording
    looks: tuple[Look, ...]
    truth: tuple[TrueBox, ...]


def main() -> None:
    """Look once, plan per pair, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--pairs", nargs="+", default=PAIRS, help="start/floor")
    options = parser.parse_args()
    if not CLIPS.is_dir():
        raise SystemExit(f"{CLIPS} is not there: nothing to measure on")
    with tempfile.TemporaryDirectory() as folder:
        labelled = json.loads((CLIPS / "ground_truth.json").read_text())["clips"]
        names = [*labelled, *FACELESS]
        clips = {name: _seen(name, labelled.get(name), options.model, Path(folder)) for name in names}
    print(
        "| start/floor | sure boxes hidden | area hidden | face tracks/min | plate tracks/min |\n|---|---|---|---|---|"
    )
    for pair in options.pairs:
        print(f"| {pair} | {_row(clips, *map(float, pair.split('/')))} |")


def _seen(name: str, labels: dict[str, dict[str, list[dict[str, object]]]] | None, model: str, folder: Path) -> Seen:
    recording, found = probe(str(CLIPS / name)), find_model(model)
    low = replace(found, kinds={kind: Thresholds(LOWEST, LOWEST) for kind in found.kinds})
    looks: list[Look] = []
    for s in split(recording):
        packets = recording.packets.part(s.first_packet, s.end_packet)
        result = str(folder / f"{name}-{s.number}.parquet")
        task = DetectTask(recording.address, recording.video, packets, s, (low,), Policy().detection, result)
        looks += detect_segment(task).looks
    return Seen(recording, tuple(looks), tuple(_truth(recording, labels)) if labels else ())


def _truth(recording: Recording, labels: dict[str, dict[str, list[dict[str, object]]]]) -> Iterator[TrueBox]:
    shown = recording.packets.shown_pts()
    for number, objects in labels["frames"].items():
        for o in objects:
            if o["flag"] == "sure":
                yield TrueBox(int(shown[int(number)]), o["kind"], o["id"], Box(*o["box"]))  # type: ignore[arg-type,misc]


def _row(clips: dict[str, Seen], start: float, floor: float) -> str:
    plans = {name: _plan(seen, start, floor) for name, seen in clips.items()}
    coverage = [measure(plans[name], seen.truth) for name, seen in clips.items() if seen.truth]
    boxes, hidden = sum(c.boxes for c in coverage), sum(round(c.share_hidden * c.boxes) for c in coverage)
    area = [_area(plans[name], seen) for name, seen in clips.items() if seen.truth]
    minutes = sum(_seconds(clips[name].recording) for name in FACELESS) / 60
    tracks = [sum(plans[name].tracks().get(kind, 0) for name in FACELESS) / minutes for kind in ("face", "plate")]
    return f"{hidden}/{boxes} | {sum(area) / len(area):.0%} | {tracks[0]:.0f} | {tracks[1]:.0f}"


def _plan(seen: Seen, start: float, floor: float) -> Plan:
    looks = [_cut(look, start, floor) for look in seen.looks]
    return make_plan(seen.recording, looks, [], Policy(), {})


def _cut(look: Look, start: float, floor: float) -> Look:
    kept = (replace(d, confident=d.score >= start) for d in look.detections if d.score >= floor)
    return replace(look, detections=tuple(kept))


def _area(plan: Plan, seen: Seen) -> float:
    """Mean share of a frame that lies under regions, counted once where they overlap."""
    video, shown = seen.recording.video, seen.recording.packets.shown_pts()
    whole, part = Box(0, 0, video.width, video.height), plan.part(seen.recording.span)
    return sum(hidden_share(whole, part.at(int(pts))[0]) for pts in shown) / len(shown)


def _seconds(recording: Recording) -> float:
    return float((recording.span.end_pts - recording.span.start_pts) * recording.video.time_base)


if __name__ == "__main__":
    main()
