"""Both sides of the shipped default in HDR beside SDR: real clips with complete truth, each made anew as both.

    python -m research.hdr CLIPS [--clip NAME]... [--workers 2]

CLIPS holds ``truth.json`` and the clips. Each becomes three recordings of the same light, HEVC of ten bits, by the
``ffmpeg`` command with ``zscale``: BT.709, and BT.2020 as HLG and as PQ, with white at 203 nits (ITU-R BT.2408). One
row each, over all clips. What nobody can make from SDR is not here: light above white.
"""

import argparse
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from bodycam_pipeline.measuring.clip_table import clip_table
from bodycam_pipeline.measuring.clips import clips_in, plan_of
from bodycam_pipeline.measuring.hidden_boxes import hidden_by
from bodycam_pipeline.measuring.scoring import score
from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.running.local import LocalRunner
from bodycam_pipeline.running.runner import Runner
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.values.score import Score
from bodycam_pipeline.values.truth import Truth

_WIDE = "setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709,zscale=p=2020:m=2020_ncl:npl=203"
FILTERS = {
    "SDR": "format=yuv420p10le",
    "HLG": f"{_WIDE}:t=arib-std-b67,format=yuv420p10le",
    "PQ": f"{_WIDE}:t=smpte2084,format=yuv420p10le",
}
TAGS = {
    "SDR": ("bt709", "bt709", "bt709"),
    "HLG": ("bt2020", "arib-std-b67", "bt2020nc"),
    "PQ": ("bt2020", "smpte2084", "bt2020nc"),
}


def made(source: Path, target: Path, kind: str) -> None:
    """Make a clip anew, every frame of it, as SDR, HLG or PQ."""
    primaries, transfer, matrix = TAGS[kind]
    coding = f"log-level=none:pools=1:crf=8:colorprim={primaries}:transfer={transfer}:colormatrix={matrix}"
    command = ["ffmpeg", "-v", "error", "-noautorotate", "-i", str(source), "-map", "0:v:0", "-vf", FILTERS[kind]]
    command += ["-vsync", "passthrough", "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", coding, str(target)]
    subprocess.run(command, check=True)


def scored(clip: Path, truth: Truth, kind: str, runner: Runner) -> Score:
    """Both sides of what the product hides of a clip that was made anew."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "clip.mp4"
        made(clip, path, kind)
        recording = probe(str(path))
        if (recording.video.hdr is None) != (kind == "SDR"):
            raise SystemExit(f"{clip.name} as {kind} is not taken for that")
        times = tuple(recording.packets.shown_pts().tolist())
        end_pts, sha256 = recording.span.end_pts, recording.sha256
        moved = replace(truth, time_base=recording.video.time_base, pts=times, end_pts=end_pts, sha256=sha256)
        return score(moved, hidden_by(plan_of(path, Policy(), runner, Path(name) / "job"), moved))


def main() -> None:
    """Make, look, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=Path)
    parser.add_argument("--clip", action="append", default=[])
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    truths = clips_in(options.clips, options.clip)
    rows = dict.fromkeys(FILTERS, Score())
    with LocalRunner(options.workers) as runner:
        for clip, truth in truths.items():
            for kind in rows:
                rows[kind] += scored(options.clips / clip, truth, kind, runner)
    console = Console(width=220)
    console.print(f"{len(truths)} clips: {', '.join(truths)}")
    console.print(clip_table("shipped default", rows))


if __name__ == "__main__":
    main()
