"""What each way of looking costs and covers: models, scales and strides, the figures the default is chosen by.

    python -m benchmarks.looking [--ways MODELS@SCALES/EVERY[~SUSPECT] ...] [--clips NAME ...]

A way is written ``centerface+detector-v1@640+1280/1,3+1``: the models, the long sides of the picture in pixels, and
in how many frames each model looks once, at every scale or at each of them (0: never). ``~1`` behind it: between its
turns nobody looks around what is suspected, as the policy's ``suspect``. Each clip is looked at in
every way in turn, so that a drifting machine drifts for all; the first way is the measure for boxes that nobody
labelled. Printed for each way: CPU milliseconds per frame, how many of the boxes that must be hidden are, and how
many of the boxes that the first way hides show, once of all (lamps taken for faces among them) and once of those that
two networks which the product does not ship (YuNet, HyperLPR3 in ../shared/reference-models) see surely in the same
frame. A box is what the detectors saw, before padding.
Needs ../shared/data/clips.
"""

import argparse
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from benchmarks.looked import Eyes, Seen, look_at, planned
from bodycam_pipeline.measuring.clips import clips_in
from bodycam_pipeline.rules.coverage import TrueBox, measure
from bodycam_pipeline.rules.hiding import hidden_by
from bodycam_pipeline.rules.scoring import score
from bodycam_pipeline.values.geometry import Box
from bodycam_pipeline.values.plan import Plan
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.values.truth import Truth
from bodycam_pipeline.vision.registry import find_model
from tests.inline import InlineRunner

CLIPS = Path(__file__).parents[2] / "shared" / "data" / "clips"
YARDSTICKS = tuple(
    str(CLIPS.parents[1] / "reference-models" / name)
    for name in ("face_yunet_n_dynamic.onnx", "plate_hyperlpr3_y5fu640_dynraw.onnx")
)
CONFIRMING_SCORE, CONFIRMING_IOU = 0.6, 0.3

FLOAT, BOTH, OWN = "centerface+detector-v1", "centerface-int8+detector-v1-int8", "detector-v1-int8"
WAYS = (
    f"{FLOAT}@640+1280/1+1",
    f"{FLOAT}@640+1280/1,5+1",
    f"{BOTH}@640+1280/1+1",
    f"{BOTH}@640+1280/1,5+1",
    f"{BOTH}@640+1280/1,5+1~1",
    f"{BOTH}@640+1280/1,10+1",
    f"{BOTH}@640+1280/1,5+1,2",
    f"{BOTH}@640+1280/1,0+1",
    f"{BOTH}@640/1+1",
    f"{OWN}+detector-l1@640+1280/1+1",
    f"{OWN}@640+1280/1",
    f"{OWN}@640/1",
)


@dataclass
class Sum:
    """What one way needed and hid, over the clips so far."""

    cpu: float = 0.0
    frames: int = 0
    hidden: int = 0
    must: int = 0
    shows: int = 0
    boxes: int = 0
    confirmed_shows: int = 0
    confirmed: int = 0

    def __str__(self) -> str:
        return (
            f"{1000 * self.cpu / self.frames:.0f} | {self.hidden}/{self.must} | {self.shows}/{self.boxes} "
            f"| {self.confirmed_shows}/{self.confirmed}"
        )


def main() -> None:
    """Look, plan, compare, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--ways", nargs="+", default=WAYS)
    parser.add_argument("--clips", nargs="+", help="only these")
    options = parser.parse_args()
    if not CLIPS.is_dir():
        raise SystemExit(f"{CLIPS} is not there: nothing to measure on")
    clips, sums = clips_in(CLIPS, options.clips or []), defaultdict[str, Sum](Sum)
    for name, truth in clips.items():
        _look(name, truth, options.ways, sums)
        print(f"{name}: looked at", flush=True)
    print("| way | CPU ms per frame | must hidden | boxes of the first way that show | confirmed ones that show |")
    print("|---|---|---|---|---|")
    for way in options.ways:
        print(f"| `{way}` | {sums[way]} |")


def policy_of(way: str) -> Policy:
    """The default policy, looking that way."""
    way, _, suspect = way.partition("~")
    looking, every = way.split("/")
    models, scales = looking.split("@")
    rows = [row.split(",") if "," in row else row for row in every.split("+")]
    rule = {"models": models.split("+"), "long_sides_px": scales.split("+"), "every": rows}
    rule |= {"suspect": suspect} if suspect else {}
    return Policy.model_validate({"detection": rule})


def _look(name: str, true: Truth, ways: Sequence[str], sums: dict[str, Sum]) -> None:
    full: tuple[TrueBox, ...] = ()
    confirmed: set[int] = set()
    for way in ways:
        policy, tally = policy_of(way), sums[way]
        seen, cpu = _looked(name, policy)
        plan = planned(seen, policy)
        if not full:
            full = tuple(_hidden_by(plan, seen))
            confirmed = _confirmed(name, full)
        must, own = score(true, hidden_by(plan, true)), measure(plan, full)
        tally.cpu += cpu
        tally.frames += len(seen.looks)
        tally.hidden += must.must_hidden
        tally.must += must.must
        tally.shows += sum(len(thing.visible_pts) for thing in own.things)
        tally.confirmed_shows += sum(bool(thing.visible_pts) for thing in own.things if thing.thing in confirmed)
        tally.boxes, tally.confirmed = tally.boxes + own.boxes, tally.confirmed + len(confirmed)


def _looked(name: str, policy: Policy) -> tuple[Seen, float]:
    models = [find_model(model) for model in policy.detection.models]
    with tempfile.TemporaryDirectory() as folder:
        start = time.process_time()
        seen = look_at(CLIPS / name, Eyes(models, policy.detection, InlineRunner(), Path(folder)))
        return seen, time.process_time() - start


def _confirmed(name: str, boxes: Sequence[TrueBox]) -> set[int]:
    """Which of the boxes others see as well."""
    policy = Policy.model_validate({"detection": {"models": YARDSTICKS}})
    seen, _ = _looked(name, policy)
    video, sure = seen.recording.video, defaultdict[tuple[int, str], list[Box]](list)
    for d in chain.from_iterable(look.detections for look in seen.looks):
        if d.score >= CONFIRMING_SCORE:
            sure[d.pts, d.kind].append(video.orientation.to_coded(d.box, video.width, video.height))
    return {b.thing for b in boxes if any(b.box.iou(other) >= CONFIRMING_IOU for other in sure[b.pts, b.kind])}


def _hidden_by(plan: Plan, seen: Seen) -> Iterator[TrueBox]:
    """Every detection that the plan made of it hides, in the coded frame."""
    video, found = seen.recording.video, list(chain.from_iterable(look.detections for look in seen.looks))
    boxes = [
        TrueBox(d.pts, d.kind, number, video.orientation.to_coded(d.box, video.width, video.height))
        for number, d in enumerate(found)
    ]
    hidden = {thing.thing for thing in measure(plan, boxes).things if not thing.visible_pts}
    return (box for box in boxes if box.thing in hidden)


if __name__ == "__main__":
    main()
