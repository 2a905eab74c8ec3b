"""The canary: a marker string and a marker picture go into a vault and are found nowhere else on a disk.

After an ingest, a night on Ray and a crash, every file is searched: temporary folders, logs, the ledger, what stays
inside, Ray's session folder, shared memory, core dumps. Only the redacted release may show the picture.
"""

import os
import resource
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bodycam_pipeline.custody.create import create_vault, new_person
from bodycam_pipeline.vault.keyring import Keyring
from bodycam_pipeline.vault.naming import Sealed
from bodycam_pipeline.vault.store import Vault
from tests.backlog.conftest import FAST_TOML
from tests.backlog.machine import BODYCAM
from tests.clips import clip, picture

MARKER = f"canary-{secrets.token_hex(8)}"
ROW = np.random.default_rng(6).integers(0, 256, 64, dtype=np.uint8)
"""One row of the marker picture's luma: what a decoded frame holds in memory, and no file may. The same in every run,
since in some of random stripes the second look sees a face, and then nothing is released."""

FRAMES = 60


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A world of its own, short enough for Ray's sockets; everything that asks for a place gets one in it."""
    root = Path(tempfile.mkdtemp(prefix="c-", dir="/tmp"))
    for name in ("dock", "keys", "tmp", "home", "ray", "cwd", "out"):
        (root / name).mkdir(mode=0o700)
    monkeypatch.setenv("TMPDIR", str(root / "tmp"))
    monkeypatch.setenv("HOME", str(root / "home"))
    monkeypatch.setenv("RAY_TMPDIR", str(root / "ray"))
    monkeypatch.setenv("BODYCAM_KEYS", str(root / "keys"))
    yield root
    shutil.rmtree(root, ignore_errors=True)


def marked(path: Path) -> list[bytes]:
    """Write the recording; gives what must be found nowhere: its string, its picture's row, slices of its packets."""
    frames = []
    for number in range(FRAMES):
        plain = picture(number).copy()
        plain.luma[32:160, 64:128] = ROW
        frames.append(plain)
    clip(path, frames=FRAMES, pictures=frames, lossless=True, options={"g": "10"})
    content = path.read_bytes()
    path.write_bytes(content + (8 + len(MARKER)).to_bytes(4, "big") + b"free" + MARKER.encode())
    begin = content.index(b"mdat") + 4
    cuts = np.linspace(begin + 100, len(content) - 5000, 20).astype(int).tolist()
    return [MARKER.encode(), ROW.tobytes(), *(content[cut : cut + 24] for cut in cuts)]


def traces(root: Path, wanted: list[bytes]) -> dict[str, int]:
    """Where any of it is found, outside the sealed recordings and the releases; how many files were searched."""
    found, searched = {}, 0
    places = [root, Path("/dev/shm")]  # noqa: S108
    for path in (p for place in places for p in place.rglob("*")):
        if any(part.endswith(".release") for part in path.parts) or not path.is_file() or path.is_symlink():
            continue
        content = path.read_bytes()
        searched += 1
        if hits := sum(marker in content or marker in str(path).encode() for marker in wanted):
            found[str(path)] = hits
    assert searched > 10
    return found


def run(root: Path, *words: object, expect: tuple[int, ...] = (0,)) -> subprocess.CompletedProcess[str]:
    command = [BODYCAM, *map(str, words)]
    done = subprocess.run(command, cwd=root / "cwd", capture_output=True, text=True, check=False)
    assert done.returncode in expect, f"{done.stdout}\n{done.stderr}"
    return done


def unlimited_core() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (most, most))
    os.setsid()


def children(root: int) -> list[int]:
    """A process and all below it, whichever of its threads started them."""
    below = [child for path in Path(f"/proc/{root}/task").glob("*/children") for child in path.read_text().split()]
    return [root, *(pid for child in below for pid in children(int(child)))]


def crash_in_the_middle(root: Path, address: str, policy: Path) -> int:
    """Start a job, and end all of its processes as a defect would, while they hold frames; how many there were."""
    words = [BODYCAM, "redact", address, "--out", root / "crashed", "--policy", policy, "-j", "1"]
    with subprocess.Popen(list(map(str, words)), cwd=root / "cwd", preexec_fn=unlimited_core) as job:  # noqa: PLW1509
        for _ in range(600):
            time.sleep(0.05)
            if list(root.glob("crashed/*.internal/detections/*/*.candidates")) or job.poll() is not None:
                break
        assert job.poll() is None, "it ended before it could be shot"
        shot = children(job.pid)
        for pid in reversed(shot):
            os.kill(pid, signal.SIGSEGV)
    return len(shot)


def test_a_core_dump_would_be_found(world: Path) -> None:
    """The search can fail: a process without keys that crashes with the marker in its memory leaves it on the disk."""
    code = f"import os; kept = bytes.fromhex('{ROW.tobytes().hex()}') * 1000; os.abort()"
    command = [sys.executable, "-c", code]
    subprocess.run(command, cwd=world / "cwd", preexec_fn=unlimited_core, check=False, capture_output=True)
    if not list((world / "cwd").glob("core*")):
        pytest.skip("this machine writes no core dumps into the folder of a process")
    for number in range(12):
        (world / "out" / str(number)).touch()
    assert traces(world, [ROW.tobytes()])


@pytest.mark.slow
def test_the_canary_is_found_nowhere(world: Path) -> None:
    wanted = marked(world / "dock" / f"{MARKER}.mp4")
    (world / "dock" / f"{MARKER}.mp4.json").write_text(f'{{"officer": "{MARKER}"}}')
    (world / "keys" / "recipients.txt").write_text(new_person(world / "keys" / "identity.txt"))
    create_vault(Vault(str(world / "vault")), Keyring(world / "keys"), "canary", None)
    policy = world / "fast.toml"
    policy.write_text(FAST_TOML)

    taken = run(world, "ingest", world / "dock", "--vault", world / "vault", "--json")
    assert '"stored": 1' in taken.stdout
    shutil.rmtree(world / "dock")  # the card is back in the camera
    assert traces(world, wanted) == {}

    whole = Sealed(str(world / "vault"))
    run(world, "nightly", whole, "--out", world / "out", "--policy", policy, "--ray", "local", "-j", "1")
    assert list((world / "out").glob("*.release"))
    assert list((world / "ray").rglob("*.log")), "Ray's session folder is not where it was searched"
    assert traces(world, wanted) == {}

    (one,) = Vault(str(world / "vault")).ids()
    assert crash_in_the_middle(world, str(Sealed(str(world / "vault"), one)), policy) >= 2
    assert traces(world, wanted) == {}
    assert not list((world / "cwd").glob("core*"))
