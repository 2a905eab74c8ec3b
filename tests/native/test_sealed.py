"""Sealed files: they read and seek like the recording inside, and open in no other way."""

import io
import subprocess
from pathlib import Path

import numpy as np
import pytest

from bodycam_pipeline._native import ObjectKey, blake3_file, new_identity

CHUNK = 1 << 16
FLIPS = 10_000


@pytest.fixture(scope="module")
def plain() -> bytes:
    return np.random.default_rng(6).bytes(3 * CHUNK + 1000)


@pytest.fixture
def key() -> ObjectKey:
    return ObjectKey()


@pytest.fixture
def sealed(tmp_path: Path, plain: bytes, key: ObjectKey) -> Path:
    (tmp_path / "recording.mp4").write_bytes(plain)
    key.seal(tmp_path / "recording.mp4", tmp_path / "sealed.age")
    return tmp_path / "sealed.age"


def read_all(key: ObjectKey, sealed: bytes) -> bytes:
    with key.open(io.BytesIO(sealed)) as file:
        return file.read()


def test_reads_and_seeks_like_the_recording(sealed: Path, plain: bytes, key: ObjectKey) -> None:
    random = np.random.default_rng(7)
    with key.open(sealed) as file:
        assert (file.size, file.readable(), file.seekable()) == (len(plain), True, True)
        for _ in range(200):
            at, size = int(random.integers(0, len(plain) + CHUNK)), int(random.integers(0, 2 * CHUNK))
            assert file.seek(at) == at
            assert file.read(size) == plain[at : at + size]
        assert file.seek(-10, 2) == len(plain) - 10
        assert file.read() == plain[-10:]
        assert file.seek(-4, 1) == file.tell() == len(plain) - 4
        assert file.error is None


def test_a_path_and_a_python_file_open_alike(sealed: Path, plain: bytes, key: ObjectKey) -> None:
    with sealed.open("rb") as below, key.open(below) as file:
        assert file.read() == plain
    assert read_all(key, sealed.read_bytes()) == plain


def test_the_sealed_file_is_new_and_read_only(sealed: Path, key: ObjectKey) -> None:
    assert sealed.stat().st_mode & 0o777 == 0o400
    with pytest.raises(FileExistsError):
        key.seal(sealed, sealed)


def test_a_source_that_is_not_there_is_named_and_leaves_nothing(tmp_path: Path, key: ObjectKey) -> None:
    with pytest.raises(EOFError, match="cannot be read: No such file"):
        key.seal(tmp_path / "gone", tmp_path / "target")
    assert not (tmp_path / "target").exists()


def test_10000_flipped_bits_are_refused(sealed: Path, key: ObjectKey) -> None:
    content, random = bytearray(sealed.read_bytes()), np.random.default_rng(8)
    header = 8 * 200  # flips in the first bytes, which hold the header, are as likely as in all the rest
    opened = 0
    for number in range(FLIPS):
        bit = int(random.integers(0, header if number % 2 else 8 * len(content)))
        content[bit // 8] ^= 1 << bit % 8
        try:
            read_all(key, bytes(content))
            opened += 1
        except (ValueError, OSError):
            pass
        content[bit // 8] ^= 1 << bit % 8
    assert opened == 0
    assert read_all(key, bytes(content))


def test_a_cut_at_every_chunk_and_beside_it_is_refused_at_opening(sealed: Path, key: ObjectKey) -> None:
    content = sealed.read_bytes()
    header = len(content) - (3 * CHUNK + 1000) - 4 * 16
    chunks = [header + n * (CHUNK + 16) for n in range(4)]
    cuts = {near for cut in [*range(0, len(content), CHUNK), *chunks] for near in (cut - 1, cut, cut + 1) if near >= 0}
    for cut in cuts:
        with pytest.raises(ValueError, match="broken"):
            key.open(io.BytesIO(content[:cut]))


def test_a_swapped_chunk_is_refused(sealed: Path, key: ObjectKey) -> None:
    content = sealed.read_bytes()
    first = len(content) - (3 * CHUNK + 1000) - 4 * 16
    a, b = content[first : first + CHUNK + 16], content[first + CHUNK + 16 : first + 2 * (CHUNK + 16)]
    with pytest.raises(OSError, match="broken at byte 0"):
        read_all(key, content[:first] + b + a + content[first + 2 * (CHUNK + 16) :])


def test_a_failure_sticks(sealed: Path, key: ObjectKey) -> None:
    content = bytearray(sealed.read_bytes())
    content[len(content) - 2 * CHUNK] ^= 1
    with key.open(io.BytesIO(bytes(content))) as file:
        assert len(file.read(CHUNK)) == CHUNK
        with pytest.raises(OSError, match="broken at byte"):
            file.read()
        file.seek(0)
        with pytest.raises(OSError, match="broken at byte"):
            file.read(1)
        assert file.error


def test_an_error_of_the_file_below_is_told(key: ObjectKey, sealed: Path) -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > 1000:
                raise PermissionError("the share is gone")
            return super().read(size)

    with pytest.raises((OSError, ValueError), match="the share is gone"):
        key.open(Failing(sealed.read_bytes()))


def test_the_digests_are_those_of_other_tools(tmp_path: Path, key: ObjectKey) -> None:
    (tmp_path / "abc").write_bytes(b"abc")
    sha256, size, blake3, sealed_size = key.seal(tmp_path / "abc", tmp_path / "sealed")
    assert sha256.hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert blake3_file(tmp_path / "abc")[0].hex() == "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85"
    assert (size, blake3_file(tmp_path / "sealed")) == (3, (blake3, sealed_size))


def test_a_key_opens_for_each_recipient_and_for_nobody_else(key: ObjectKey) -> None:
    (nightly, nightly_public), (escrow, escrow_public), (stranger, _) = (new_identity() for _ in range(3))
    text, wrapped = key.seal_bytes(b"facts"), key.wrap([nightly_public, escrow_public])
    for mine in (nightly, f"# escrow\n{escrow}\n"):
        assert ObjectKey.unwrap(wrapped, mine).open_bytes(text) == b"facts"
    with pytest.raises(ValueError, match="none of the identities"):
        ObjectKey.unwrap(wrapped, stranger)
    with pytest.raises(ValueError, match="at least one"):
        key.wrap([])
    with pytest.raises(ValueError, match="not an age recipient"):
        key.wrap(["age1nobody"])


def test_a_closed_file_says_so(sealed: Path, key: ObjectKey) -> None:
    file = key.open(sealed)
    file.close()
    with pytest.raises(ValueError, match="closed"):
        file.read(1)


def test_stock_age_opens_what_is_sealed_here(tmp_path: Path, sealed: Path, plain: bytes, key: ObjectKey) -> None:
    secret, public = new_identity()
    (tmp_path / "me.txt").write_text(secret)
    (tmp_path / "key.age").write_bytes(key.wrap([public]))
    try:
        opened = subprocess.run(["age", "-d", "-i", "me.txt", "key.age"], cwd=tmp_path, capture_output=True, check=True)
    except FileNotFoundError:
        pytest.skip("`age` is not on this machine (Debian package age)")
    (tmp_path / "object.txt").write_bytes(opened.stdout)
    command = ["age", "-d", "-i", "object.txt", sealed.name]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=True).stdout == plain
