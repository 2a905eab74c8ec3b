"""How far coding takes a frame from the one that was rendered, beside how far the next frames are: the limit's ground.

    python -m benchmarks.coding_loss RECORDING... [--preset veryfast --crf 21]

Each recording is rendered with nothing hidden and everything encoded, and the finished file is observed as a release
is. Prints, per recording, the largest difference of any tile's mean (`frame_block_means`) to the rendered frame's; the
share of frames whose place the next frame, or the one ten later, could not take unnoticed at the limit of that crf; and
last the largest difference of all.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.evidence.signatures_file import read_signatures
from bodycam_pipeline.kept import make_secret
from bodycam_pipeline.passes import observe_every_frame, probe_release_in_worker, render_every_frame, watch_nothing
from bodycam_pipeline.pipeline import Order, open_job
from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.release.staging import stage
from bodycam_pipeline.rules.verification import difference_limit
from bodycam_pipeline.values.plan import Plan, region_table
from bodycam_pipeline.values.policy import Policy
from tests.inline import InlineRunner

LATER = (1, 10)
"""Frames."""


def main() -> None:
    """Render, observe, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("recordings", nargs="+", type=Path)
    parser.add_argument("--preset", default="veryfast")
    parser.add_argument("--crf", type=int, default=21)
    options = parser.parse_args()
    coding = {"preset": options.preset, "crf": options.crf, "untouched": "reencode"}
    policy = Policy.model_validate({"purpose": "internal", "gate": {"second_look": "off"}, "encoding": coding})
    limit, worst = difference_limit(options.crf), []
    print("| recording | frames | largest difference | noticed 1 later | noticed 10 later |\n|---|---|---|---|---|")
    for path in options.recordings:
        difference, signatures = _observed(path, policy)
        noticed = [_noticed(signatures, later, limit) for later in LATER]
        worst.append(float(difference.max()))
        print(
            f"| {path.name} | {len(difference)} | {worst[-1]:.0f} | {noticed[0]:.0%} | {noticed[1]:.0%} |", flush=True
        )
    print(f"\nlargest of all {max(worst):.0f}; the limit at crf {options.crf} is {limit:.1f}")


def _observed(path: Path, policy: Policy) -> tuple[NDArray[np.float32], NDArray[np.int16]]:
    """The difference of each frame, and the signatures of the rendered ones in their order."""
    with tempfile.TemporaryDirectory() as folder:
        recording, runner = probe(str(path)), InlineRunner()
        frames = len(recording.packets.shown_pts())
        base = recording.video.time_base
        plan = Plan(recording.sha256, policy.sha256, {}, base, frames, region_table([]))
        job = open_job(Order(str(path), Path(folder), policy), plan.sha256, runner)
        make_secret(job.folders.internal)
        staged = stage(job, render_every_frame(job, plan, runner, watch_nothing), ())
        observed = observe_every_frame(
            job, plan, staged, probe_release_in_worker(runner, staged.video), runner, watch_nothing
        )
        signatures = read_signatures(sorted(job.samples(plan).glob("*.signatures")), Path(job.secret_path))
        return np.concatenate([part.difference for part in observed]), np.array(list(signatures.values()), np.int16)


def _noticed(signatures: NDArray[np.int16], later: int, limit: float) -> float:
    """The share of frames that differ from a later one by more than the limit."""
    moved = np.abs(signatures[later:] - signatures[:-later]).max(axis=1)
    return float((moved > limit).mean()) if len(moved) else 0.0


if __name__ == "__main__":
    main()
