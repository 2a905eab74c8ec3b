"""What must be hidden, and what is hidden for nothing: the evidence tables on clips with complete truth.

    python -m research.excess CLIPS NETWORKS [--keep FILE] [--curve] [--draw SVG] [--burst 10] [--shipped] [--thin-out]

NETWORKS as for `research.calibrate`. Prints two tables: every clip judged by a table fitted on all of them, and by
one that was fitted without it. ``--curve`` prints the totals for other admissions, ``--draw`` draws them, of faces
and of plates alone; ``--burst`` takes everything that
was seen away for so many frames, again and again, and counts only those frames, in clips in which something must be
hidden. ``--shipped`` fits nothing: the shipped table judges, as is right for clips that it was not fitted on. Clips are
followed as one stretch; `bodycam eval CLIPS` runs the whole product on them, segment by segment.
"""

import argparse
import platform
import random
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

from rich.console import Console

from bodycam_pipeline.measuring.clip_table import clip_table
from bodycam_pipeline.measuring.hidden_boxes import hidden_by
from bodycam_pipeline.measuring.scoring import score
from bodycam_pipeline.measuring.truth import read_truth
from bodycam_pipeline.rules.admission import number_tracks
from bodycam_pipeline.rules.planning import make_plan
from bodycam_pipeline.values.candidates import Candidates, SegmentCandidates
from bodycam_pipeline.values.evidence import Evidence
from bodycam_pipeline.values.plan import Plan
from bodycam_pipeline.values.policy import LEAST_EVIDENCE, Policy
from bodycam_pipeline.values.score import Score
from bodycam_pipeline.values.truth import Truth
from bodycam_pipeline.vision.evidence import worth_of
from research.calibrate import Networks, all_looked, calibrated, kept
from research.calibration import candidates_of, lives
from research.curve import TRUE_KINDS, curve, draw, of_kind
from research.footage import Looked

LEAST = LEAST_EVIDENCE["balanced"]
CURVE = (-4.0, -3.0, -2.5, LEAST, -2.0, -1.5, -1.0, 0.0, 1.0, 2.0)


def planned(looked: Looked, found: Candidates, evidence: Evidence, least: float, kind: str | None = None) -> Plan:
    """The plan of a clip whose candidates are known; of one kind, if one is named."""
    named = (life for life in lives(looked, found) if kind in (None, life.kind))
    judged = [life.track(life.evidence(evidence)) for life in named]
    tracks = number_tracks(track for track in judged if track.evidence >= least)
    return make_plan(looked.recording, [SegmentCandidates(0, (found,))], tracks, Policy(), {})


def scored(looked: Looked, truth: Truth, found: Candidates, evidence: Evidence, least: float) -> Score:
    """Both sides of one clip."""
    return score(truth, hidden_by(planned(looked, found, evidence, least), truth))


def scored_of(kind: str, looked: Looked, truth: Truth, found: Candidates, evidence: Evidence, least: float) -> Score:
    """Both sides of one clip, of one kind alone."""
    truth = of_kind(truth, kind)
    return score(truth, hidden_by(planned(looked, found, evidence, least, kind), truth))


def in_bursts(looked: Looked, truth: Truth, evidence: Evidence, networks: Networks, length: int) -> Score:
    """The score of those frames in which what was seen was taken away."""
    draw, gone, frame = random.Random(1), set[int](), 2  # noqa: S311 - a draw, no secret
    while frame < len(looked.detections):
        gone |= set(range(frame, frame + length))
        frame += length + draw.randint(length, 3 * length)
    blind = tuple(() if n in gone and seen is not None else seen for n, seen in enumerate(looked.detections))
    robbed = networks.taken(replace(looked, detections=blind), evidence)
    plan = planned(robbed, candidates_of(robbed, evidence, len(networks.looking)), evidence, LEAST)
    boxes = tuple(box for box in truth.boxes if box.frame in gone)
    hidden = {n: regions for n, regions in hidden_by(plan, truth).items() if n in gone}
    return score(replace(truth, boxes=boxes), hidden)


def main() -> None:
    """Look, follow, judge, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=Path)
    parser.add_argument("networks")
    parser.add_argument("--every", type=int, default=2)
    parser.add_argument("--thin-out", action="store_true")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--curve", action="store_true")
    parser.add_argument("--draw", type=Path)
    parser.add_argument("--burst", type=int, default=0)
    parser.add_argument("--shipped", action="store_true")
    options = parser.parse_args()
    networks = Networks.named(options.networks, between=False, interval=options.every, thin_out=options.thin_out)
    looked = kept(options.keep) or all_looked(options.clips, networks, options.workers)
    truth = read_truth(options.clips / "truth.json")
    console = Console(width=220)
    console.print(platform.processor() or platform.machine(), f"one frame in {options.every}", sep=", ")
    if options.shipped:
        judged = by_table(looked, truth, networks, options.workers)
        console.print(clip_table("the shipped table", judged))
        return
    learnt = calibrated(looked, networks, options.workers)

    found, evidence = learnt.found_without, learnt.without
    shipped = {n: scored(each, truth[n], learnt.found[n], learnt.evidence, LEAST) for n, each in looked.items()}

    def left_out(least: float) -> dict[str, Score]:
        return {n: scored(each, truth[n], found[n], evidence[n], least) for n, each in looked.items()}

    def total_of(kind: str, least: float) -> Score:
        return _total({n: scored_of(kind, each, truth[n], found[n], evidence[n], least) for n, each in looked.items()})

    console.print(clip_table("fitted on all clips", shipped))
    console.print(clip_table("each clip left out", left_out(LEAST)))
    if options.curve:
        console.print(clip_table("each clip left out", {f"{a:+.1f}": _total(left_out(a)) for a in CURVE}))
    if options.draw:
        draw({kind: curve(CURVE, partial(total_of, kind)) for kind in TRUE_KINDS}, options.draw)
    if options.burst:
        with ProcessPoolExecutor(options.workers) as pool:
            waiting = {
                n: pool.submit(in_bursts, each, truth[n], evidence[n], networks, options.burst)
                for n, each in looked.items()
                if any(box.flag == "must" for box in truth[n].boxes)
            }
            console.print(clip_table(f"bursts of {options.burst}", {n: w.result() for n, w in waiting.items()}))


def by_table(
    looked: Mapping[str, Looked], truth: Mapping[str, Truth], networks: Networks, workers: int
) -> dict[str, Score]:
    """Both sides of every clip, judged by the table that ships for these networks."""
    evidence = worth_of([each.model for each in networks.looking]).evidence
    with ProcessPoolExecutor(workers) as pool:
        waiting = {n: pool.submit(_by_table, each, truth[n], evidence, networks) for n, each in looked.items()}
        return {n: w.result() for n, w in waiting.items()}


def _by_table(looked: Looked, truth: Truth, evidence: Evidence, networks: Networks) -> Score:
    found = candidates_of(networks.taken(looked, evidence), evidence, len(networks.looking))
    return scored(looked, truth, found, evidence, LEAST)


def _total(scores: Mapping[str, Score]) -> Score:
    return sum(scores.values(), Score())


if __name__ == "__main__":
    main()
