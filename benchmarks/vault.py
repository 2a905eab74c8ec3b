"""What sealing costs: `python -m benchmarks.vault` prints ingest per core, its stages, and decoding through the seal.

A recording may be named; without one, the demo's is decoded.

Everything is measured in one run: plain and sealed take turns, and the median of the rounds' ratios is told.
"""

import hashlib
import os
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from bodycam_pipeline._native import ObjectKey, blake3_file, build_profile
from bodycam_pipeline.custody.begin import begin_vault, new_person
from bodycam_pipeline.custody.desk import Desk, announced
from bodycam_pipeline.custody.ingest import ingest
from bodycam_pipeline.demo.compose import compose_demo
from bodycam_pipeline.media.decode import decode_segment
from bodycam_pipeline.media.probe import probe
from bodycam_pipeline.rules.segments import split
from bodycam_pipeline.values.recording import Recording
from bodycam_pipeline.vault.keyring import VARIABLE, Keyring
from bodycam_pipeline.vault.store import Vault

MIB = 1 << 20
SIZE_MIB = 256
ROUNDS = 5
SEEKS = 20


def rate(size_bytes: int, work: Callable[[], object]) -> tuple[float, float]:
    """MB per second of processor time, of all threads, and of wall time; the best of some rounds."""
    rounds = []
    for _ in range(3):
        wall, processor = time.perf_counter(), time.process_time()
        work()
        rounds.append((time.process_time() - processor, time.perf_counter() - wall))
    return size_bytes / min(r[0] for r in rounds) / 1e6, size_bytes / min(r[1] for r in rounds) / 1e6


@contextmanager
def vault() -> Iterator[tuple[Path, Desk]]:
    """A vault that is gone afterwards, in a build folder that git ignores: on the disk that is to be measured."""
    build = Path("build").absolute()
    build.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=build, prefix="vault-bench-") as name:
        folder = Path(name)
        (folder / "keys").mkdir(mode=0o700)
        (folder / "keys" / "recipients.txt").write_text(new_person(folder / "keys" / "identity.txt"))
        os.environ[VARIABLE] = str(folder / "keys")
        yield folder, begin_vault(Vault(str(folder / "vault")), Keyring(folder / "keys"), "bench", None)


def ingesting(folder: Path, desk: Desk) -> None:
    """The whole ingest of one large file, and what each of its stages could do alone."""
    source, numbers = folder / "large.bin", iter(range(100))
    with source.open("wb") as file:
        for _ in range(SIZE_MIB):
            file.write(secrets.token_bytes(MIB))
    size = SIZE_MIB * MIB

    def seal() -> None:
        ObjectKey().seal(source, folder / f"sealed-{next(numbers)}")

    def whole() -> None:
        with source.open("r+b") as file:
            file.write(secrets.token_bytes(16))  # another recording each time
        (one,) = ingest(desk, [source], {}, lambda _one: None)
        assert one.state == "stored"

    def sha256() -> None:
        with source.open("rb") as file:
            hashlib.file_digest(file, "sha256")

    def open_all() -> None:
        with key.open(folder / "opened") as file:
            while file.read(MIB):
                pass

    key = ObjectKey()
    key.seal(source, folder / "opened")
    print(f"{SIZE_MIB} MiB, MB/s per core (and of wall time):")
    for what, work in (
        ("ingest, whole", whole),
        ("  seal: read, SHA-256, age, write, fsync, read back", seal),
        ("  SHA-256 alone", sha256),
        ("  BLAKE3 alone (read back)", lambda: blake3_file(source)),
        ("  opening alone", open_all),
    ):
        processor, wall = rate(size, work)
        print(f"  {what:<55} {processor:7.0f} ({wall:.0f})")


def decode(address: str, recording: Recording, segments: list[int], frames: int | None) -> int:
    """Decode segments, in the order given, whole or only their first frames."""
    parts, count = split(recording), 0
    for number in segments:
        part = parts[number]
        packets = recording.packets.part(part.first_packet, part.end_packet)
        for seen, _ in enumerate(decode_segment(address, recording.video, packets, part), start=1):
            count += 1
            if frames is not None and seen >= frames:
                break
    return count


def decoding(folder: Path, desk: Desk) -> None:
    """The same segments from the plain and the sealed file, in turns."""
    plain = folder / "recording.mp4"
    if len(sys.argv) > 1:
        plain.write_bytes(Path(sys.argv[1]).read_bytes())
    else:
        compose_demo(plain, seconds=10)
    (one,) = ingest(desk, [plain], {}, lambda _one: None)
    sealed = announced(one.address, "a measurement")
    known = {str(plain): probe(str(plain)), sealed: probe(sealed)}
    everything = list(range(len(split(known[sealed]))))
    jumps = np.random.default_rng(6).choice(everything, SEEKS).tolist()
    for what, segments, frames in (("whole recording", everything, None), ("random seeks", jumps, 1)):
        ratios = []
        for _ in range(ROUNDS):
            seconds = {}
            for address, recording in known.items():
                began = time.process_time()
                decode(address, recording, segments, frames)
                seconds[address] = time.process_time() - began
            ratios.append(seconds[sealed] / seconds[str(plain)])
        median = statistics.median(ratios)
        print(f"decoding, {what}: {median - 1:+.1%} (rounds {', '.join(f'{r - 1:+.1%}' for r in ratios)})")


def main() -> None:
    """Measure both."""
    assert build_profile == "release"
    for measure in (decoding, ingesting):
        with vault() as (folder, desk):
            measure(folder, desk)


if __name__ == "__main__":
    main()
