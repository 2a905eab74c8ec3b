"""Who takes part: this product, deface, a plain transcode with the same preset, and decoding alone: the limit."""

import json
import shutil
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from bodycam_pipeline.evidence.plan_file import read_plan
from bodycam_pipeline.measuring.benchmark import Found, Tool
from bodycam_pipeline.measuring.hidden_boxes import hidden_by
from bodycam_pipeline.measuring.scoring import score
from bodycam_pipeline.values.errors import MeasuringError
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.values.truth import Truth

OURS, LOOKING, ONE, DEFACE, TRANSCODE, DECODE = (
    "this product, shipped default",
    "of that, looking and planning",
    "this product, own network alone",
    "deface (faces only)",
    "decode + x264, same preset",
    "decode only (the limit)",
)
OWN = "detector-v1-int8"
EXCERPT_FRAMES = 60
"""deface costs the same in every frame, a second each at 1080p: it gets the recording's first GOPs only."""


def tools(recording: Path, folder: Path, truth: Truth | None) -> list[Tool]:
    """All that can run here; deface only where it is installed."""
    from bodycam_pipeline.mp4.plain import count_frames, excerpt  # loads FFmpeg, for whoever measures

    encoding, frames = Policy().encoding, count_frames(recording)
    bodycam: list[str | Path] = [sys.executable, "-m", "bodycam_pipeline.cli.main"]
    preset, crf = encoding.preset, str(encoding.crf)

    def ours(name: str, verb: str, *options: str) -> Tool:
        at = folder / "ours"
        command = [*bodycam, verb, recording, "--out", at, *options]
        return Tool(name, command, at, frames, lambda: _published(at, recording, frames, truth))

    def peer(name: str, command: Sequence[str | Path], frames: int, *, leaves: bool = True) -> Tool:
        at = folder / "peer"
        return Tool(name, command, at, frames, lambda: _whole(at, frames) if leaves else Found())

    out = folder / "peer" / "out.mp4"
    plain: list[str | Path] = [sys.executable, "-m", "bodycam_pipeline.mp4.plain", recording]
    ffmpeg = shutil.which("ffmpeg")
    transcode, decode = [*plain, out, preset, crf], plain
    if ffmpeg:
        decode = [ffmpeg, "-i", recording, "-an", "-f", "null", "-"]
        transcode = [ffmpeg, "-i", recording, "-an", "-c:v", "libx264", "-preset", preset, "-crf", crf, out]
    all_of_them = [
        ours(OURS, "redact"),
        ours(LOOKING, "detect"),
        ours(ONE, "redact", "--model", OWN),
        peer(TRANSCODE, transcode, frames),
        peer(DECODE, decode, frames, leaves=False),
    ]
    if find_spec("deface"):
        folder.mkdir(parents=True, exist_ok=True)
        short = excerpt(recording, folder / "excerpt.mp4", EXCERPT_FRAMES)
        all_of_them.append(peer(DEFACE, [sys.executable, "-m", "deface.deface", short, "-o", out], count_frames(short)))
    return all_of_them


def _published(out: Path, recording: Path, frames: int, truth: Truth | None) -> Found:
    """The command published only what it verified; what is left to see is that it is the whole recording."""
    plan = read_plan(out / f"{recording.stem}.internal" / "plan.parquet")
    if plan.frames != frames:
        raise MeasuringError(f"the plan has {plan.frames} frames, the recording {frames}", remedy="Report a defect.")
    manifest = out / f"{recording.stem}.release" / "manifest.json"
    copied = json.loads(manifest.read_text())["video"]["frames_copied"] / frames if manifest.exists() else None
    if truth is None:
        return Found(copied=copied)
    found = score(truth, hidden_by(plan, truth))
    return Found(found.share_hidden, found.share_needed, found.share_excess, copied)


def _whole(folder: Path, frames: int) -> Found:
    from bodycam_pipeline.mp4.plain import count_frames  # loads FFmpeg, for whoever measures

    found = [count_frames(path) for path in folder.iterdir()]
    if len(found) != 1 or found[0] < frames:
        raise MeasuringError(
            f"the compared tool wrote {found} of {frames} frames", remedy="Measure on another recording."
        )
    return Found()
