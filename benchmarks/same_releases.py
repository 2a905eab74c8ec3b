"""Whether two checkouts make the same releases of recordings: digests of files, and how manifests differ.

    python -m benchmarks.same_releases BEFORE AFTER RECORDING... [--policy POLICY]

BEFORE and AFTER are clones of this repository in which the extension was built (`make demo` does). Each runs with the
Python of its own ``.venv``, or with this one where it has none. Exits with 1 where a video or a list of frames differs.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bodycam_pipeline.digests import file_sha256

HELD = ("redacted.mp4", "frames.parquet")
"""The files that have to be the same; a manifest names the code that made it."""


@dataclass(frozen=True)
class ReleaseDigests:
    """What one checkout made of a recording.

    Attributes:
        files: SHA-256 of every file that has to be the same, by name; empty where nothing was published.
        manifest: What it says.
        refusal: Why nothing was published, if so.
    """

    files: dict[str, str]
    manifest: dict[str, Any]
    refusal: str = ""


def main() -> int:
    """Redact with both, print, compare."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("recordings", nargs="+", type=Path)
    parser.add_argument("--policy", type=Path)
    options = parser.parse_args()
    print("| recording | file | before | after | |\n|---|---|---|---|---|")
    same = True
    for path in options.recordings:
        before, after = (release_digests(each, path, options.policy) for each in (options.before, options.after))
        for line in table_rows(path.name, before, after):
            print(line, flush=True)
        same &= (before.files, before.refusal) == (after.files, after.refusal)
    return 0 if same else 1


def release_digests(checkout: Path, recording: Path, policy: Path | None = None) -> ReleaseDigests:
    """Redact a recording with the code of a checkout, and take the digests of what it released."""
    with tempfile.TemporaryDirectory() as folder:
        done = run_with(checkout, "redact", recording, Path(folder), policy)
        found = list(Path(folder).glob("*.release"))
        if not found:
            return ReleaseDigests({}, {}, _refusal(done.stdout) or done.stderr[-300:].strip())
        manifest = json.loads((found[0] / "manifest.json").read_text())
        return ReleaseDigests({name: file_sha256(found[0] / name) for name in HELD}, manifest)


def run_with(
    checkout: Path, verb: str, recording: Path, folder: Path, policy: Path | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run a verb with the code of a checkout; what it makes goes into a folder, what it says is JSON."""
    own = checkout.absolute() / ".venv" / "bin" / "python"
    command = [str(own if own.exists() else sys.executable), "-m", "bodycam_pipeline.cli.main", verb]
    command += [str(recording.absolute()), "--out", str(folder), "--json"]
    command += ["--policy", str(policy.absolute())] if policy else []
    environment = os.environ | {"PYTHONPATH": str(checkout.absolute() / "python")}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def _refusal(printed: str) -> str:
    try:
        return str(json.loads(printed).get("what", ""))
    except ValueError:
        return ""


def table_rows(name: str, before: ReleaseDigests, after: ReleaseDigests) -> list[str]:
    """A row for each file, and one that names the parts of the manifest that differ."""
    if not before.files or not after.files:
        reasons = [each.refusal or "published" for each in (before, after)]
        return [f"| {name} | nothing | {reasons[0]} | {reasons[1]} | {_verdict(*reasons)} |"]
    rows = [
        f"| {name} | {file} | {before.files[file][:16]} | {after.files[file][:16]} | "
        f"{_verdict(before.files[file], after.files[file])} |"
        for file in HELD
    ]
    parts = sorted(before.manifest.keys() | after.manifest.keys())
    other = [part for part in parts if before.manifest.get(part) != after.manifest.get(part)]
    return [*rows, f"| {name} | manifest.json | | | {'differs in ' + ', '.join(other) if other else 'same'} |"]


def _verdict(before: str, after: str) -> str:
    return "same" if before == after else "DIFFERS"


if __name__ == "__main__":
    sys.exit(main())
