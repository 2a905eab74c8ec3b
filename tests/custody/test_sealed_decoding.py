"""Decoding through the seal: the same frames, and never to the end where the seal is broken."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bodycam_pipeline._native import frame_digest
from bodycam_pipeline.custody.ingest import ingest
from bodycam_pipeline.custody.session import VaultSession, log_read
from bodycam_pipeline.read.decode import decode_segment
from bodycam_pipeline.read.planes import planes
from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.rules.segments import split
from bodycam_pipeline.values.errors import BodycamError, SealBrokenError
from bodycam_pipeline.values.recording import Recording
from bodycam_pipeline.vault.naming import parse
from bodycam_pipeline.vault.store import RECORDING
from tests.clips import Picture, clip
from tests.inline import look_here

FLIPS = 150


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Seven chunks of noise in four segments: most of the file is picture, as in a real one."""
    return clip(tmp_path / "noisy.mp4", frames=48, pictures=_noise(48), options={"g": "12", "crf": "4"})


def _noise(frames: int) -> Iterator[Picture]:
    random = np.random.default_rng(3)
    for _ in range(frames):
        yield Picture(*(random.integers(0, 256, size, dtype=np.uint8) for size in ((96, 128), (48, 64), (48, 64))))


def frames(address: str) -> list[tuple[int, bytes]]:
    return decode(address, probe(address))


def decode(address: str, source: Recording) -> list[tuple[int, bytes]]:
    found = []
    for segment in split(source):
        part = source.packets.part(segment.first_packet, segment.end_packet)
        for frame in decode_segment(address, source.video, part, segment):
            assert frame.frame is not None, "a damaged frame passed for one that was never good"
            found.append((frame.pts, frame_digest(planes(frame.frame))))
    return found


def sealed_path(session: VaultSession, address: str) -> Path:
    id_ = str(parse(address).id)
    return Path(session.vault.address) / "recordings" / id_[:2] / id_ / RECORDING


def test_the_frames_are_those_of_the_plain_file(session: VaultSession, recording: Path) -> None:
    (one,) = ingest(session, [recording], {}, lambda _one: None, look_here)
    assert frames(log_read(one.address, "a test")) == frames(str(recording))


def test_a_flipped_bit_anywhere_is_never_decoded_to_the_end(session: VaultSession, recording: Path) -> None:
    (one,) = ingest(session, [recording], {}, lambda _one: None, look_here)
    address, path = log_read(one.address, "a test"), sealed_path(session, one.address)
    content, random = bytearray(path.read_bytes()), np.random.default_rng(4)
    path.chmod(0o600)
    for bit in random.integers(0, 8 * len(content), FLIPS).tolist():
        content[bit // 8] ^= 1 << bit % 8
        path.write_bytes(content)
        with pytest.raises(BodycamError):
            frames(address)
        content[bit // 8] ^= 1 << bit % 8
    path.write_bytes(content)
    assert len(frames(address)) == 48


def test_a_flip_after_probing_is_named_for_what_it_is(session: VaultSession, recording: Path) -> None:
    """The index is known, a worker decodes one segment: it must not pass for a recording that lacks a frame."""
    (one,) = ingest(session, [recording], {}, lambda _one: None, look_here)
    address, path = log_read(one.address, "a test"), sealed_path(session, one.address)
    source = probe(address)
    content = bytearray(path.read_bytes())
    path.chmod(0o600)
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(SealBrokenError, match="broken at byte"):
        decode(address, source)


@pytest.mark.parametrize("beside", [-1, 0, 1])
def test_a_cut_at_every_chunk_is_refused(session: VaultSession, recording: Path, beside: int) -> None:
    (one,) = ingest(session, [recording], {}, lambda _one: None, look_here)
    address, path = log_read(one.address, "a test"), sealed_path(session, one.address)
    content = path.read_bytes()
    path.chmod(0o600)
    for cut in range(1 << 16, len(content), 1 << 16):
        path.write_bytes(content[: cut + beside])
        with pytest.raises(SealBrokenError):
            probe(address)
