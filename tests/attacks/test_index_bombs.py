"""Files of a few kilobytes that count millions of samples: refused before anybody lists them."""

import random
import resource
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bodycam_pipeline.audio.encode import encode_audio
from bodycam_pipeline.mp4_check.boxtree import MOST_BOXES, read_tree
from bodycam_pipeline.mp4_check.finished import observe_container
from bodycam_pipeline.mp4_check.grammar import LEAVES, match_leaf
from bodycam_pipeline.read.ingest_probe import look_into
from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.values.errors import UnreadableRecordingError
from bodycam_pipeline.values.policy import AudioRule
from tests.attacks.fuzzing import STORMS, mutated, storm
from tests.clips import Boxes, clip
from tests.read.whole import release

HUGE = (1 << 27) + 1
MOST_BYTES = 600 << 20
"""Memory of the process that probes: a bomb takes gigabytes, everything that is loaded takes a third of this."""


def box(kind: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def with_box(data: bytes, path: str, new: bytes) -> bytes:
    """The file with one box in the place of another, and every box around it as long as it has to be."""
    found = Boxes(data)
    begin, end = next((begin, end) for name, begin, end in found.walk() if name == path)
    grown = len(new) - (end - begin + 8)
    out = bytearray(data[: begin - 8] + new + data[end:])
    for name, inner, outer in found.walk():
        if path.startswith(f"{name}/"):
            struct.pack_into(">I", out, inner - 8, outer - inner + 8 + grown)
    return bytes(out)


def fixed_sizes(data: bytes) -> bytes:
    """Every sample one byte long, and 2^27 of them in one chunk."""
    data = with_box(data, "moov/trak/mdia/minf/stbl/stsz", box(b"stsz", struct.pack(">III", 0, 1, HUGE)))
    data = with_box(data, "moov/trak/mdia/minf/stbl/stsc", box(b"stsc", struct.pack(">IIIII", 0, 1, 1, HUGE, 1)))
    return with_box(data, "moov/trak/mdia/minf/stbl/stts", box(b"stts", struct.pack(">IIII", 0, 1, HUGE, 1)))


def behind_the_description(data: bytes) -> bytes:
    """The same in the description of the samples, where FFmpeg looks as well."""
    content = Boxes(data).find("moov/trak/mdia/minf/stbl/stsd") + box(b"stsz", struct.pack(">III", 0, 1, HUGE))
    return with_box(data, "moov/trak/mdia/minf/stbl/stsd", box(b"stsd", content))


def fragment(data: bytes) -> bytes:
    """A fragment whose samples take no byte of a table."""
    header = box(b"tfhd", struct.pack(">IIII", 0x20028, 1, 1, 1)[:16])
    run = box(b"trun", struct.pack(">II", 0, HUGE))
    extends = box(b"mvex", box(b"trex", struct.pack(">IIIIII", 0, 1, 1, 1, 1, 0)))
    whole = box(b"moov", Boxes(data).find("moov") + extends)
    fragment = box(b"moof", box(b"mfhd", bytes(8)) + box(b"traf", header + run))
    return with_box(data, "moov", whole) + fragment + box(b"mdat", bytes(64))


def many_edits(data: bytes) -> bytes:
    """Thirty pictures, shown a hundred thousand times over."""
    count = 100_000
    edits = box(b"edts", box(b"elst", struct.pack(">II", 0, count) + struct.pack(">IiI", 30, 0, 1 << 16) * count))
    track = Boxes(data).find("moov/trak")
    return with_box(data, "moov/trak", box(b"trak", track + edits)) + box(b"free", bytes(1 << 20))


def packed_header(data: bytes) -> bytes:
    return with_box(data, "moov", box(b"moov", box(b"cmov", box(b"dcom", b"zlib") + box(b"cmvd", bytes(64)))))


def in_metadata(data: bytes) -> bytes:
    bomb = box(b"stsz", struct.pack(">III", 0, 1, HUGE))
    handler = box(b"hdlr", bytes(24))
    track = Boxes(data).find("moov/trak")
    return with_box(data, "moov/trak", box(b"trak", track + box(b"udta", box(b"meta", bytes(4) + handler + bomb))))


BOMBS: list[Callable[[bytes], bytes]] = [
    fixed_sizes,
    behind_the_description,
    fragment,
    many_edits,
    packed_header,
    in_metadata,
]


def refused_as_finished(path: Path) -> bool:
    """Whether a file that a release would hold is refused: at once, or by the names of what does not belong in it."""
    try:
        return bool(observe_container(path).unowned)
    except UnreadableRecordingError:
        return True


@pytest.mark.parametrize("bomb", BOMBS, ids=lambda bomb: bomb.__name__)
def test_a_file_that_counts_more_than_it_has_is_refused_in_little_memory(
    bomb: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    path = tmp_path / "bomb.mp4"
    path.write_bytes(bomb(clip(tmp_path / "a.mp4").read_bytes()))
    code = f"from bodycam_pipeline.read.probe import probe; probe({str(path)!r})"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (MOST_BYTES, MOST_BYTES)),
    )
    assert "UnreadableRecordingError: not a recording" in done.stderr
    with path.open("rb") as file, pytest.raises(UnreadableRecordingError, match="not a recording"):
        look_into(file, "bomb.mp4")
    assert refused_as_finished(path)


def test_ordinary_files_are_not_bombs(tmp_path: Path) -> None:
    for name in ("a.mp4", "a.mov", "a.mkv", "a.ts", "a.avi"):
        assert len(probe(str(clip(tmp_path / name))).packets) == 30
    talking = clip(tmp_path / "b.mov", tone_hz=440.0)
    tagged = talking.read_bytes() + box(b"udta", box(b"meta", bytes(4) + box(b"hdlr", bytes(24)) + b"in the trunk"))
    (tmp_path / "c.mov").write_bytes(tagged)
    assert len(probe(str(tmp_path / "c.mov")).packets) == 30


def test_boxes_in_boxes_and_boxes_without_end_stop_the_reading(tmp_path: Path) -> None:
    nested = b""
    for _ in range(5000):
        nested = box(b"moov", nested)
    for content in (nested, box(b"free") * 100_000, box(b"moov", box(b"trak") * 100_000), nested * 3):
        (tmp_path / "a.mp4").write_bytes(content)
        leaks: list[str] = []
        root = read_tree(tmp_path / "a.mp4", leaks)
        assert leaks
        assert _count(root) <= MOST_BOXES + 1
        assert sum(map(len, leaks)) < 100_000


def test_a_picture_wider_than_a_display_matrix_can_say_is_named(tmp_path: Path) -> None:
    whole = bytearray(release(probe(str(clip(tmp_path / "a.mp4"))), tmp_path / "out").read_bytes())
    at = whole.find(b"avc1", whole.find(b"stsd")) + 4 + 24
    whole[at : at + 2] = b"\xff\xff"
    (tmp_path / "b.mp4").write_bytes(whole)
    assert any("65535" in leak for leak in observe_container(tmp_path / "b.mp4").unowned)


def _count(found: object) -> int:
    return 1 + sum(_count(part) for part in found.parts)  # type: ignore[attr-defined]


@pytest.mark.parametrize("seconds", STORMS)
def test_a_storm_of_box_trees(seconds: float, tmp_path: Path) -> None:
    rule = AudioRule(policy="keep", reason="a test")
    recording = probe(str(clip(tmp_path / "a.mp4", tone_hz=440.0)))
    whole = release(recording, tmp_path / "out", encode_audio(recording, rule, (), tmp_path / "sound.aac")).read_bytes()
    begin, end = next((begin, end) for name, begin, end in Boxes(whole).walk() if name == "moov")
    path = tmp_path / "storm.mp4"

    def blow(rng: random.Random) -> None:
        broken = whole[: begin - 8] + mutated(rng, whole[begin - 8 : end]) + whole[end:]
        path.write_bytes(broken)
        leaks: list[str] = []
        read_tree(path, leaks)
        observe_container(path)

    assert storm(seconds, 1.0, blow) > 10


@pytest.mark.parametrize("seconds", STORMS)
def test_a_storm_of_boxes_against_the_grammar(seconds: float) -> None:
    kinds = sorted(LEAVES)

    def blow(rng: random.Random) -> None:
        kind = rng.choice(kinds)
        match_leaf(kind, mutated(rng, bytes(rng.randrange(64)) + rng.randbytes(rng.randrange(8))))
        match_leaf(kind, bytes(rng.randrange(1 << 12)))

    assert storm(seconds, 0.01, blow) > 100
