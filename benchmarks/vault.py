"""What sealing costs: `python -m benchmarks.vault [PART…]` prints decoding through the seal, ingest, the index.

Parts are ``decoding``, ``ingest`` and ``index``; all of them without a word. ``--recording FILE`` is decoded instead of
the demo's. Everything is measured in one run: plain and sealed take turns, and the median of the ratios is told;
rates are medians of the rounds. Processor time is that of all threads, and of the system's work for them; sources are
read from the disk, and not from memory that an earlier round filled.
"""

import argparse
import hashlib
import os
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np

from bodycam_pipeline._native import ObjectKey, blake3_file, build_profile
from bodycam_pipeline.custody.create import create_vault, new_person
from bodycam_pipeline.custody.ingest import ingest
from bodycam_pipeline.custody.session import VaultSession, log_read
from bodycam_pipeline.demo.compose import compose_demo
from bodycam_pipeline.read.container import open_container, video_stream
from bodycam_pipeline.read.decode import decode_segment
from bodycam_pipeline.read.index import read_index
from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.rules.segments import split
from bodycam_pipeline.values.recording import Recording
from bodycam_pipeline.vault.keyring import VARIABLE, Keyring
from bodycam_pipeline.vault.store import Vault
from tests.inline import look_here

MIB = 1 << 20
SIZE_MIB = 512
ROUNDS = 5
SEEKS = 20
DEMO_SECONDS, HOUR_SECONDS = 10, 3600


def rate(size_bytes: int, work: Callable[[], object], before: Callable[[], object]) -> tuple[float, float]:
    """MB per second of processor time and of wall time, medians; ``before`` each round is not timed."""
    rounds = []
    for _ in range(ROUNDS):
        before()
        wall, processor = time.perf_counter(), time.process_time()
        work()
        rounds.append((time.process_time() - processor, time.perf_counter() - wall))
    return tuple(size_bytes / statistics.median(each) / 1e6 for each in zip(*rounds, strict=True))


def timed(work: Callable[..., object], *given: object) -> float:
    """Seconds of processor time."""
    began = time.process_time()
    work(*given)
    return time.process_time() - began


def forgotten(path: Path) -> None:
    """Have a file read from the disk next time."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


@contextmanager
def vault() -> Iterator[tuple[Path, VaultSession]]:
    """A vault that is gone afterwards, in a build folder that git ignores: on the disk that is to be measured."""
    build = Path("build").absolute()
    build.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=build, prefix="vault-bench-") as name:
        folder = Path(name)
        (folder / "keys").mkdir(mode=0o700)
        (folder / "keys" / "recipients.txt").write_text(new_person(folder / "keys" / "identity.txt"))
        os.environ[VARIABLE] = str(folder / "keys")
        yield folder, create_vault(Vault(str(folder / "vault")), Keyring(folder / "keys"), "bench", None)


def ingesting(folder: Path, session: VaultSession, _given: Path | None) -> None:
    """The whole ingest of one large file, and what each of its stages could do alone."""
    source, numbers = folder / "large.bin", iter(range(1000))
    with source.open("wb") as file:
        for _ in range(SIZE_MIB):
            file.write(secrets.token_bytes(MIB))
    size, key = SIZE_MIB * MIB, ObjectKey()

    def another() -> None:
        with source.open("r+b") as file:
            file.write(secrets.token_bytes(16))
        forgotten(source)

    def whole() -> None:
        (one,) = ingest(session, [source], {}, lambda _one: None, look_here)
        assert one.state == "stored"

    def seal() -> None:
        key.seal(source, folder / f"sealed-{next(numbers)}")

    def sha256() -> None:
        with source.open("rb") as file:
            hashlib.file_digest(file, "sha256")

    def open_all() -> None:
        with key.open(folder / "opened") as file:
            while file.read(MIB):
                pass

    key.seal(source, folder / "opened")
    print(f"{SIZE_MIB} MiB, MB/s per core (and of wall time):")
    for what, work in (
        ("ingest, whole", whole),
        ("  seal: read, SHA-256, age, write, fsync, read back", seal),
        ("  SHA-256 alone, of a file", sha256),
        ("  BLAKE3 alone, of a file past the cache (read back)", lambda: blake3_file(source)),
        ("  opening alone", open_all),
    ):
        processor, wall = rate(size, work, another)
        print(f"  {what:<55} {processor:7.0f} ({wall:.0f})", flush=True)


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


def decoding(folder: Path, session: VaultSession, given: Path | None) -> None:
    """The same segments from the plain and the sealed file, in turns."""
    plain = folder / "recording.mp4"
    if given:
        plain.write_bytes(given.read_bytes())
    else:
        compose_demo(plain, seconds=DEMO_SECONDS)
    sealed = sealed_copy(session, plain)
    known = {str(plain): probe(str(plain)), sealed: probe(sealed)}
    everything = list(range(len(split(known[sealed]))))
    jumps = np.random.default_rng(6).choice(everything, SEEKS).tolist()
    for what, segments, frames in (("whole recording", everything, None), ("random seeks", jumps, 1)):
        ratios = []
        for _ in range(ROUNDS):
            seconds = {a: timed(decode, a, r, segments, frames) for a, r in known.items()}
            ratios.append(seconds[sealed] / seconds[str(plain)])
        median = statistics.median(ratios)
        print(f"decoding, {what}: {median - 1:+.1%} (rounds {', '.join(f'{r - 1:+.1%}' for r in ratios)})", flush=True)


def sealed_copy(session: VaultSession, plain: Path) -> str:
    """Take a recording in; the address under which it can be read."""
    (one,) = ingest(session, [plain], {}, lambda _one: None, look_here)
    return log_read(one.address, "a measurement")


def indexing(folder: Path, session: VaultSession, _given: Path | None) -> None:
    """What a job spends on the packet index of an hour, beside decoding it once, and what ingest would spend on it."""
    short, plain = folder / "short.mp4", folder / "hour.mp4"
    compose_demo(short, seconds=DEMO_SECONDS)
    prolonged(short, plain, HOUR_SECONDS // DEMO_SECONDS)
    forgotten(plain)
    size_mb, addresses = plain.stat().st_size / 1e6, list[str]()
    ingesting = timed(lambda: addresses.append(sealed_copy(session, plain)))
    probing, index = timed(probe, addresses[0]), timed(indexed, addresses[0])
    once = decoding_of_all(addresses[0])
    print(f"packet index of one hour ({size_mb:.0f} MB), seconds of processor time:")
    print(f"  a job's digest and index {probing:.1f}: {probing / once:.1%} of decoding the hour once ({once:.0f})")
    print(f"  the index alone {index:.1f}; ingest without it {ingesting:.1f}, {size_mb / ingesting:.0f} MB/s per core")
    print(f"  ingest with it would do {size_mb / (ingesting + index):.0f} MB/s per core")


def decoding_of_all(address: str) -> float:
    """Seconds that decoding a whole recording takes, from some of its segments."""
    recording = probe(address)
    every = list(range(len(split(recording))))
    some, frames = every[:: max(1, len(every) // SEEKS)], [0]
    took = timed(lambda: frames.append(decode(address, recording, some, None)))
    return took / frames[-1] * len(recording.packets.pts)


def indexed(address: str) -> object:
    """The packet index alone."""
    with open_container(address) as container:
        return read_index(container, video_stream(container, 0, address), address)


def prolonged(source: Path, target: Path, times: int) -> None:
    """One long recording: the pictures of a short one, again and again."""
    with av.open(str(target), "w") as out:
        track = None
        for number in range(times):
            with av.open(str(source)) as container:
                stream = container.streams.video[0]
                track = track or out.add_stream_from_template(stream)
                for packet in container.demux(stream):
                    if packet.size and packet.pts is not None and packet.dts is not None:
                        packet.pts += number * int(stream.duration or 0)
                        packet.dts += number * int(stream.duration or 0)
                        packet.stream = track
                        out.mux(packet)


PARTS = {"decoding": decoding, "ingest": ingesting, "index": indexing}


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART")
    parser.add_argument("--recording", type=Path)
    asked = parser.parse_args()
    if unknown := set(asked.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}")
    assert build_profile == "release"
    for part in asked.parts or PARTS:
        with vault() as (folder, session):
            PARTS[part](folder, session, asked.recording)


if __name__ == "__main__":
    main()
