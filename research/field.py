"""Every file that a records unit gets: case, right value, what happens.

    python -m research.field FIELD CASES [ONLY ...]

FIELD is the folder with ``make_cases.sh``, which makes CASES, with the ``ffmpeg`` command, where they are missing.
Each case goes through ``bodycam redact`` as a person would run it. Where the answer is that a person has to decide, the
lines that it prints are pasted into an edits file or the policy, and it runs again. Exits 1 if any answer is wrong.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from rich.console import Console
from rich.table import Table

POLICY = """
name = "field"
purpose = "internal"
[audio]
policy = "keep"
reason = "field test"
[[detection.detectors]]
model = "detector-v1-int8"
long_sides_px = [256]
[gate]
second_look = "off"
"""
"""One small look: the cases are not about recall."""


@dataclass(frozen=True)
class Case:
    """One file and its right value.

    Attributes:
        file: Below CASES, or below FIELD/files.
        right: Facts that the release or the refusal must have; a string is a pattern that is searched for.
        policy: Lines that are put before the policy's own.
        share: What the file system lacks (``flock``, ``link``).
        decide: Whether the lines that the refusal prints are pasted, and the command run again.
    """

    file: str
    right: dict[str, object]
    policy: str = ""
    share: str = ""
    decide: bool = False


def right(exit_: int, frames: int | None = None, says: str = "", **more: object) -> dict[str, object]:
    """The facts of a right answer."""
    found = {"exit": exit_, "frames": frames, "says": says or None} | more
    return {name: value for name, value in found.items() if value is not None}


CASES = (
    Case("snd_second_default.mkv", right(0, 200, "sound", sound=1, loud=True)),
    Case("snd_dts.mkv", right(0, 200, sound=1, loud=True)),
    Case("snd_truehd.mkv", right(0, 200, sound=1, loud=True)),
    Case("front_rear.mp4", right(3, says="two|2 cameras")),
    Case("cut.mkv", right(3, says=r"\[\[withhold\]\]")),
    Case("cut.mkv", right(0, 142), decide=True),
    Case("frag_cut.mp4", right(3, says=r"\[\[withhold\]\]")),
    Case("frag_cut.mp4", right(0, 142), decide=True),
    Case("nomoov.mp4", right(4, says="did not close this file")),
    Case("odd_vp8_641x361.webm", right(0, 60, "column", size="642x362")),
    Case("size_change.ts", right(0, 150, "size")),
    Case("dv_ntsc.dv", right(0, 60, fields="bottom")),
    Case("twins_one.mp4", right(0, 200, "share")),
    Case("twins_many.mp4", right(0, 200, "share")),
    Case("dahua.dav", right(0, 122)),
    Case("caf\udce9.mp4", right(0, 200)),
    Case("motion_photo.heic", right(4, says="a photo, not a recording; it carries a video of")),
    Case("mvhevc_spatial_5frames.mov", right(0, 5, "second eye")),
    Case("twins_one.mp4", right(4, says="no locks"), share="flock"),
    Case("dahua.dav", right(0, 122), share="link"),
)


@dataclass
class Bench:
    """Where the cases lie and how one is run."""

    field: Path
    cases: Path
    work: Path

    def make(self) -> None:
        """Make the cases, once, and the library that takes a share's abilities away."""
        if not (self.cases / "snd_dts.mkv").exists():
            subprocess.run(["bash", self.field / "make_cases.sh", self.cases], check=True)
        subprocess.run(
            ["cc", "-shared", "-fPIC", "-o", self.work / "share.so", self.field / "share.c", "-ldl"], check=True
        )

    def happens(self, case: Case, number: int) -> dict[str, object]:
        """What becomes of a case."""
        file = next(p for p in (self.cases / case.file, self.field / "files" / case.file) if p.exists())
        out = self.work / str(number)
        out.mkdir()
        policy = out / "policy.toml"
        policy.write_text(case.policy + POLICY)
        code, printed, text = self._redact(file, out, policy, case.share, None)
        if case.decide and "[[" in printed.get("remedy", ""):
            edits = out / "edits.toml"
            edits.write_text(printed["remedy"][printed["remedy"].index("[[") :].replace("YOUR NAME", "A. Clerk"))
            code, printed, text = self._redact(file, out, policy, case.share, edits)
        facts: dict[str, object] = {"exit": code, "says": text}
        for release in sorted(out.rglob("redacted.mp4")):
            facts |= facts_of(release)
        return facts

    def _redact(
        self, file: Path, out: Path, policy: Path, share: str, edits: Path | None
    ) -> tuple[int, dict[str, Any], str]:
        command = [sys.executable, "-m", "bodycam_pipeline.cli.main", "redact", str(file), "--json", "-j", "2"]
        command += ["--out", str(out / "out"), "--policy", str(policy), *(["--edits", str(edits)] if edits else [])]
        preload = {"SHARE_NO": share, "LD_PRELOAD": str(self.work / "share.so")} if share else {}
        done = subprocess.run(command, capture_output=True, text=True, env=os.environ | preload, check=False)
        try:
            printed = json.loads(done.stdout)
        except ValueError:
            printed = {}
        return done.returncode, printed, said(printed) or done.stderr.strip()[-300:]


def said(printed: dict[str, Any]) -> str:
    """The sentences of an answer."""
    lines = [str(printed[name]) for name in ("what", "remedy") if name in printed]
    return " ".join(lines + [str(line) for line in printed.get("notes", ())])


def facts_of(release: Path) -> dict[str, object]:
    """What a stock decoder finds in a finished file."""
    with av.open(str(release)) as file:
        frames = list(file.decode(video=0))
        sounds = len(file.streams.audio)
    order = "progressive"
    if frames[0].interlaced_frame:
        order = "top" if first_field_is_top(release) else "bottom"
    return {
        "frames": len(frames),
        "size": f"{frames[0].width}x{frames[0].height}",
        "fields": order,
        "sound": sounds,
        "loud": any(loud(release, number) for number in range(sounds)),
    }


def first_field_is_top(release: Path) -> bool:
    """What ffprobe says of the first frame."""
    command = ["ffprobe", "-v", "error", "-select_streams", "v", "-read_intervals", "%+#1", "-show_entries"]
    command += ["frame=top_field_first", "-of", "csv=p=0", str(release)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip().startswith("1")


def loud(release: Path, number: int) -> bool:
    """Whether a sound track holds more than silence."""
    with av.open(str(release)) as file:
        return any(float(np.abs(frame.to_ndarray()).max()) > 0.1 for frame in file.decode(audio=number))


def fits(found: dict[str, object], wanted: dict[str, object]) -> bool:
    """Whether every wanted fact is found."""
    return all(
        bool(re.search(str(value), str(found.get(name, "")))) if name == "says" else found.get(name) == value
        for name, value in wanted.items()
    )


def spoken(facts: dict[str, object]) -> str:
    """Facts in one line."""
    return ", ".join(f"{name} {value}" for name, value in facts.items() if value not in {None, ""})[:400]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("field", type=Path)
    parser.add_argument("cases", type=Path)
    parser.add_argument("only", nargs="*", help="parts of names")
    given = parser.parse_args()
    table = Table("", "case", "right", "what happens", show_lines=True)
    wrong = 0
    with tempfile.TemporaryDirectory() as work:
        bench = Bench(given.field.resolve(), given.cases.resolve(), Path(work))
        bench.make()
        for number, case in enumerate(CASES):
            if given.only and not any(part in case.file for part in given.only):
                continue
            found = bench.happens(case, number)
            good = fits(found, case.right)
            wrong += not good
            name = case.file.encode(errors="surrogateescape").decode(errors="backslashreplace")
            how = " ".join(filter(None, (name, "decided" * case.decide, f"without {case.share}" * bool(case.share))))
            table.add_row("ok" if good else "WRONG", how, spoken(case.right), spoken(found))
    Console(width=200, markup=False).print(table)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
