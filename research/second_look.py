"""Does the second look catch what a plan forgot, and how often does it cry wolf?

    python -m research.second_look CLIPS [--clip NAME ...] [--policy POLICY.toml]

CLIPS has ``truth.json``. Each clip is planned and its correct release looked at once: every spot is a false alarm. Then
the things that must be hidden are forgotten, half of them in each of two rounds, each once: every track that meets one
is taken out of the plan, and the clip is rendered again. A thing is caught where a spot meets it. Prints both, and what
the second look cost beside the first.
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from bodycam_pipeline.evidence.policy_file import read_policy
from bodycam_pipeline.measuring.clips import clips_in
from bodycam_pipeline.measuring.true_boxes import labels_by_frame
from bodycam_pipeline.passes import audit_every_frame, probe_release_in_worker, render_every_frame, watch_nothing
from bodycam_pipeline.pipeline import Order, detect
from bodycam_pipeline.release.job import Job
from bodycam_pipeline.release.second_look import judge
from bodycam_pipeline.release.staging import stage
from bodycam_pipeline.running.local import LocalRunner
from bodycam_pipeline.running.runner import Runner
from bodycam_pipeline.values.geometry import Box
from bodycam_pipeline.values.observed import Finding
from bodycam_pipeline.values.plan import Plan, PlannedRegion
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.values.truth import Truth

ROUNDS = 2


@dataclass
class Tally:
    """What was counted so far."""

    cases: int = 0
    caught: int = 0
    alarms: int = 0
    seconds: float = 0.0
    looked_s: float = 0.0
    audited_s: float = 0.0
    missed: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.caught}/{self.cases} planted misses caught; {self.alarms} false alarms in {self.seconds:.0f} s "
            f"({60 * self.alarms / max(self.seconds, 1e-9):.1f} a minute); the second look took "
            f"{self.audited_s:.0f} s by the clock where the first took {self.looked_s:.0f} s"
        )


def main() -> None:
    """Plan, forget, look; print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=Path)
    parser.add_argument("--clip", nargs="*", default=())
    parser.add_argument("--policy", type=Path)
    options = parser.parse_args()
    policy = read_policy(options.policy) if options.policy else Policy()
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder, LocalRunner(2) as runner:
        for name, truth in clips_in(options.clips, options.clip).items():
            _measure(options.clips / name, truth, Order(str(options.clips / name), Path(folder), policy), runner, tally)
            print(f"{name}: {tally}", flush=True)
    print("missed:", *tally.missed, sep="\n  ")


def _measure(path: Path, truth: Truth, order: Order, runner: Runner, tally: Tally) -> None:
    began = time.monotonic()
    job, plan = detect(order, runner)
    tally.looked_s += time.monotonic() - began
    tally.seconds += float((truth.end_pts - truth.pts[0]) * truth.time_base)
    began = time.monotonic()
    alarms = _findings(job, plan, runner)
    tally.audited_s += time.monotonic() - began
    tally.alarms += len(alarms)
    for finding in alarms:
        print("  false alarm:", finding)
    things = _things(truth)
    for number in range(ROUNDS):
        gone = sorted(things)[number::ROUNDS]
        if gone:
            findings = _findings(job, _without(plan, [box for thing in gone for box in things[thing]]), runner)
            for thing in gone:
                met = any(_meets(things[thing], finding, job) for finding in findings)
                tally.cases += 1
                tally.caught += met
                tally.missed += [] if met else [f"{path.name} thing {thing}"]


Boxes = list[tuple[int, Box]]
"""Where a thing is: pts, and the box in pixels of the coded frame."""


def _things(truth: Truth) -> dict[int, Boxes]:
    """Everything that must be hidden, by thing."""
    found: dict[int, Boxes] = {}
    for frame, here in labels_by_frame(truth).items():
        for label in here:
            if label.flag == "must":
                found.setdefault(label.thing, []).append((truth.pts[frame], label.box))
    return found


def _findings(job: Job, plan: Plan, runner: Runner) -> Sequence[Finding]:
    staged = stage(job, render_every_frame(job, plan, runner, watch_nothing), ())
    finished = probe_release_in_worker(runner, staged.video)
    return judge(job, plan, staged, audit_every_frame(job, staged, finished, runner, watch_nothing)).findings


def _without(plan: Plan, forgotten: Boxes) -> Plan:
    """The plan without every track that meets one of these boxes."""
    at: dict[int, list[Box]] = {}
    for pts, box in forgotten:
        at.setdefault(pts, []).append(box)
    gone = {row.track for row in plan.rows() if any(box.intersection(_box(row)) > 0 for box in at.get(row.pts, ()))}
    rows = plan.regions
    kept = pc.invert(pc.is_in(rows["track"], value_set=pa.array(sorted(gone), pa.int32())))
    return replace(plan, regions=rows.filter(kept))


def _meets(thing: Boxes, finding: Finding, job: Job) -> bool:
    video = job.recording.video
    seen = video.orientation.to_coded(finding.box, video.width, video.height)
    return any(finding.first_pts <= pts <= finding.last_pts and seen.intersection(box) > 0 for pts, box in thing)


def _box(row: PlannedRegion) -> Box:
    return Box(row.region.left, row.region.top, row.region.right, row.region.bottom)


if __name__ == "__main__":
    main()
