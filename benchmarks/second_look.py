"""Does the second look catch what a plan forgot, and how often does it cry wolf?

    python -m benchmarks.second_look [--seconds 2] [--cases 200] [--seed 5] [--policy POLICY.toml]

Each real clip in ../shared is cut to its first seconds and planned by the policy, or the shipped default. Its correct
release is looked at once: everything that is seen is a false alarm. Then, round after round, about half of its tracks
are taken out of the plan at random and the clip is rendered again: each of them that shows now is one case, caught
where a spot meets one of its boxes. Tracks count that are faces or plates of at least 16 pixels (the shorter side,
before padding). A track is what the painters saw, lamps taken for faces included; "confirmed" are those that two
networks which the product does not ship (YuNet, HyperLPR3 in ../shared/reference-models) saw surely in three of its
frames or more. These are the bar's faces and plates. Prints after every clip and round, and at the end the same for
other thresholds: how much higher than shipped an auditor begins, and in how many looks a thing must be seen.
"""

import argparse
import math
import random
import subprocess
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import count, product
from pathlib import Path
from statistics import median

import pyarrow as pa
import pyarrow.compute as pc
from bodycam_pipeline.rules.tracks import link
from bodycam_pipeline.values.looks import Looks, SegmentLooks

from bodycam_pipeline.evidence.policy_file import read_policy
from bodycam_pipeline.passes import audit_every_frame, look_at_every_frame, render_every_frame, unwatched
from bodycam_pipeline.pipeline import Order, open_job
from bodycam_pipeline.release.job import Job
from bodycam_pipeline.release.second_look import judged
from bodycam_pipeline.release.staging import Staged, stage
from bodycam_pipeline.rules.coverage import TrueBox, measure
from bodycam_pipeline.rules.planning import make_plan
from bodycam_pipeline.running.local import LocalRunner
from bodycam_pipeline.running.runner import Runner
from bodycam_pipeline.values.detection import Detection, Look
from bodycam_pipeline.values.errors import BodycamError
from bodycam_pipeline.values.geometry import Box
from bodycam_pipeline.values.observed import Spot
from bodycam_pipeline.values.plan import Plan
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.values.track import Track

CLIPS = Path(__file__).parents[2] / "shared" / "data" / "clips"
YARDSTICKS = [
    CLIPS.parents[1] / "reference-models" / name
    for name in ("face_yunet_n_dynamic.onnx", "plate_hyperlpr3_y5fu640_dynraw.onnx")
]
LEAST_PX = 16
CONFIRMING_FRAMES, CONFIRMING_SCORE, CONFIRMING_IOU = 3, 0.7, 0.3
SHOWS = 0.5
"""A track that was taken out shows where less than this share of its box is under other regions, and is a case if it
shows in more than this share of its frames."""


Setting = tuple[float, int]
"""How much above the shipped thresholds something counts, and in how many looks it has to be seen."""

SHIPPED: Setting = (0.0, Policy().gate.least_looks)
SETTINGS: tuple[Setting, ...] = tuple(product((-0.06, -0.03, 0.0, 0.04, 0.09), (1, 2, 3)))


@dataclass
class Tally:
    """What was counted so far; what depends on a setting, by setting."""

    cases: int = 0
    confirmed: int = 0
    caught: Counter[Setting] = field(default_factory=Counter)
    confirmed_caught: Counter[Setting] = field(default_factory=Counter)
    alarms: Counter[Setting] = field(default_factory=Counter)
    clips: int = 0
    footage: float = 0.0
    looked: float = 0.0
    audited: float = 0.0
    missed: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"confirmed {self.confirmed_caught[SHIPPED]}/{self.confirmed}, all {self.caught[SHIPPED]}/{self.cases} "
            f"caught; {self.alarms[SHIPPED]} false alarms in {self.footage / 60:.2f} min of {self.clips} releases; "
            f"the second look took {self.audited:.0f} s where the first took {self.looked:.0f} s"
        )

    def table(self) -> str:
        """A row for each setting."""
        rows = [
            f"| {above:+.2f} | {least} | {self.confirmed_caught[above, least]}/{self.confirmed} "
            f"| {self.caught[above, least]}/{self.cases} | {60 * self.alarms[above, least] / self.footage:.1f} |"
            for above, least in SETTINGS
        ]
        return "\n".join(
            ["| start | looks | confirmed caught | all caught | false alarms/min |", "|---|---|---|---|---|", *rows]
        )


def main() -> None:
    """Plan, forget, look; print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--policy", type=Path)
    options = parser.parse_args()
    policy = read_policy(options.policy) if options.policy else Policy()
    if not CLIPS.is_dir():
        raise SystemExit(f"{CLIPS} is not there: nothing to measure on")
    tally, rng = Tally(), random.Random(options.seed)  # noqa: S311 - cases that can be repeated
    with tempfile.TemporaryDirectory() as folder, LocalRunner(2) as runner:
        clips = [c for path in _clips() if (c := _planned(path, Path(folder), options.seconds, policy, runner, tally))]
        print(tally, flush=True)
        for number in count(1):
            if tally.confirmed >= options.cases or not clips:
                break
            for clip in clips:
                _forget(clip, rng, runner, tally)
            print(f"round {number}: {tally}", flush=True)
            clips = [clip for clip in clips if any(_confirmed(clip, track) for track in clip.tracks)]
    print(tally.table())
    print("missed:", *tally.missed, sep="\n  ")


@dataclass
class Clip:
    """A short clip with its plan, its large tracks, and by frame what the yardsticks are sure of."""

    job: Job
    plan: Plan
    tracks: list[Track]
    sure: dict[int, list[Detection]]


def _clips() -> list[Path]:
    return sorted(p for p in CLIPS.glob("*") if p.suffix not in {".csv", ".json", ".md"})


def _planned(path: Path, folder: Path, seconds: float, policy: Policy, runner: Runner, tally: Tally) -> Clip | None:
    short = folder / path.name
    cut = f"ffmpeg -v error -y -t {seconds} -i {path} -map 0:v:0 -c copy {short}"
    if subprocess.run(cut.split(), check=False, capture_output=True).returncode:
        return None
    try:
        job = open_job(Order(str(short), folder / "out", policy), "benchmark")
        began = time.monotonic()
        looks = Looks.joined(part.looks for part in look_at_every_frame(job, runner, unwatched))
        tally.looked += time.monotonic() - began
        plan = make_plan(job.recording, looks, (), job.policy, {})
        sure = _sure(short, folder, runner)
    except BodycamError as error:
        print(f"{path.name}: {error.what}")
        return None
    video = job.recording.video
    wanted = looks.of_kinds(job.policy.hide)
    tracks = link(wanted, time_base=video.time_base, size=video.upright_size, rule=job.policy.tracking)
    clip = Clip(job, plan, [track for track in tracks if _large(track)], sure)
    found = _spots(clip, plan, runner, tally)
    tally.alarms.update({setting: len(spots) for setting, spots in found.items()})
    tally.clips += 1
    tally.footage += float((job.recording.span.end_pts - job.recording.span.start_pts) * video.time_base)
    confirmed = sum(_confirmed(clip, track) for track in clip.tracks)
    print(
        f"{path.name}: {len(clip.tracks)} large tracks, {confirmed} confirmed, {len(found[SHIPPED])} alarms; {tally}",
        flush=True,
    )
    for spot in found[SHIPPED]:
        print(f"  alarm: {spot}")
    return clip


def _sure(short: Path, folder: Path, runner: Runner) -> dict[int, list[Detection]]:
    """What the yardsticks are sure of, by frame."""
    policy = Policy.model_validate({"detection": {"models": [str(path) for path in YARDSTICKS]}})
    job = open_job(Order(str(short), folder / "yardsticks", policy), "benchmark")
    looks = [look for part in look_at_every_frame(job, runner, unwatched) for look in part.looks]
    return {look.pts: [d for d in look.detections if d.score >= CONFIRMING_SCORE] for look in looks}


def _spots(clip: Clip, plan: Plan, runner: Runner, tally: Tally) -> dict[Setting, tuple[Spot, ...]]:
    staged = stage(clip.job, render_every_frame(clip.job, plan, runner, unwatched), None)
    began = time.monotonic()
    seen = audit_every_frame(clip.job, staged, runner, unwatched)
    if plan is clip.plan:
        tally.audited += time.monotonic() - began
    return {setting: _judged(clip.job, plan, staged, seen, setting) for setting in SETTINGS}


def _judged(job: Job, plan: Plan, staged: Staged, seen: list[SegmentLooks], setting: Setting) -> tuple[Spot, ...]:
    above, least = setting
    starts = {(m.name, kind): limits.start for m in job.auditors for kind, limits in m.kinds.items()}

    def stricter(look: Look) -> Look:
        found = [replace(d, confident=d.score >= starts[d.model, d.kind] + above) for d in look.detections]
        return replace(look, detections=tuple(found))

    looks = [replace(part, looks=Looks.of(map(stricter, part.looks))) for part in seen]
    gate = job.policy.gate.model_copy(update={"least_looks": least})
    policy = job.policy.model_copy(update={"gate": gate})
    return judged(replace(job, policy=policy), plan, staged, looks).spots


def _forget(clip: Clip, rng: random.Random, runner: Runner, tally: Tally) -> None:
    out = [track for track in clip.tracks if rng.random() < 0.5]
    numbers = pa.array([t.number for t in out], pa.int32())
    rows = clip.plan.regions
    plan = replace(clip.plan, regions=rows.filter(pc.invert(pc.is_in(rows["track"], value_set=numbers))))
    cases = [track for track in out if _shows(clip, track, plan)]
    found = _spots(clip, plan, runner, tally) if cases else {}
    for track in cases:
        met = [setting for setting, spots in found.items() if any(_meets(track, spot) for spot in spots)]
        confirmed = _confirmed(clip, track)
        tally.cases += 1
        tally.caught.update(met)
        tally.confirmed += confirmed
        tally.confirmed_caught.update(met if confirmed else ())
        if confirmed and SHIPPED not in met:
            tally.missed.append(f"{clip.job.recording.name} track {track.number} {track.kind} {len(track.pts)} frames")


def _shows(clip: Clip, track: Track, plan: Plan) -> bool:
    """Whether nothing else hides a track: a face that was seen at two scales may be two tracks."""
    video = clip.job.recording.video
    boxes = [
        TrueBox(pts, track.kind, 0, video.orientation.to_coded(box, video.width, video.height))
        for pts, box in _sightings(track)
    ]
    return sum(len(t.visible_pts) for t in measure(plan, boxes, enough=SHOWS).things) > SHOWS * len(boxes)


def _confirmed(clip: Clip, track: Track) -> bool:
    """Whether networks that are not the product's saw the same."""
    frames = sum(
        any(d.kind == track.kind and d.box.iou(box) >= CONFIRMING_IOU for d in clip.sure.get(pts, ()))
        for pts, box in _sightings(track)
    )
    return frames >= CONFIRMING_FRAMES


def _sightings(track: Track) -> list[tuple[int, Box]]:
    rows = zip(track.pts.tolist(), track.boxes.tolist(), track.scores.tolist(), strict=True)
    return [(pts, Box(*box)) for pts, box, score in rows if not math.isnan(score)]


def _large(track: Track) -> bool:
    return median(min(box.width, box.height) for _, box in _sightings(track)) >= LEAST_PX


def _meets(track: Track, spot: Spot) -> bool:
    for pts, box in zip(track.pts.tolist(), track.boxes.tolist(), strict=True):
        if spot.first_pts <= pts <= spot.last_pts and spot.box.intersection(Box(*box)) > 0:
            return True
    return False


if __name__ == "__main__":
    main()
