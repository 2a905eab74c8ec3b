"""Parameter sets that were made to cost: no number in one may decide how long it takes to read."""

import random
import time
from collections.abc import Callable, Iterator

import pytest

from bodycam_pipeline.h264.bits import Bits
from bodycam_pipeline.h264.nal import parameter_sets
from bodycam_pipeline.h264.parameter_sets import leaks_in_record
from bodycam_pipeline.h264.parameters import escape, read_field, read_pps, read_slice, read_sps
from bodycam_pipeline.read.access_units import picture_reader
from tests.attacks.fuzzing import STORMS, mutated, storm

MOST_SECONDS = 0.001
"""For each parameter set, and for the parameter sets of a packet."""


def code(value: int) -> str:
    """One ``ue(v)``."""
    bits = f"{value + 1:b}"
    return "0" * (len(bits) - 1) + bits


def signed(value: int) -> str:
    return code(2 * value - 1 if value > 0 else -2 * value)


def unit(head: bytes, bits: str) -> bytes:
    padded = bits + "1" + "0" * (-(len(bits) + 1) % 8)
    return head + escape(int(padded, 2).to_bytes(len(padded) // 8, "big"))


MAIN, HIGH = bytes([0x67, 77, 0x40, 30]), bytes([0x67, 100, 0, 30])
TAIL = code(2) + code(1) + "0" + code(19) + code(11) + "1" + "1" + "0" + "0"
"""Order count type 2, one reference, no gaps, 20x12 macroblocks of frames, direct inference, no crop, no usability."""


def sequence(head: bytes = MAIN, number: int = 0, log2: int = 0, tail: str = TAIL, chroma: str = "") -> bytes:
    return unit(head, code(number) + chroma + code(log2) + tail)


def picture(number: int = 0, of: int = 0, groups: int = 0, references: int = 0, qp: int = 0) -> bytes:
    rest = code(references) * 2 + "000" + signed(qp) + signed(0) + signed(0) + "110"
    return unit(b"\x68", code(number) + code(of) + "00" + code(groups) + rest)


def lists(count: int) -> str:
    """Scaling lists of which every delta is written out, none of them small."""
    deltas = "".join(signed(120 if n % 2 else -120) for n in range(64))
    return "".join("1" + deltas[: 64 * 15] for _ in range(count))


def rates() -> str:
    one = "1" + code(31) + "0" * 8 + (code((1 << 32) - 2) * 2 + "1") * 32 + "0" * 20
    return TAIL[:-1] + "1" + "0" * 4 + one * 2


COSTLY = {
    "frame numbers of 2^31 bits": sequence(log2=(1 << 31) - 5),
    "frame numbers of 13 bits more": sequence(log2=13),
    "the 33rd sequence": sequence(number=32),
    "a fourth chroma format": sequence(HIGH, chroma=code(4) + code(0) + code(0) + "00"),
    "samples of 15 bits": sequence(HIGH, chroma=code(1) + code(7) + code(0) + "00"),
    "a third order count": sequence(tail=code(3) + TAIL[3:]),
    "an order count of 2^20 bits": sequence(tail=code(0) + code(1 << 20) + TAIL[3:]),
    "a cycle of 2^30 frames": sequence(tail=code(1) + "0" + signed(0) * 2 + code(1 << 30) + TAIL[3:]),
    "2^29 reference frames": sequence(tail=code(2) + code(1 << 29) + TAIL[6:]),
    "a picture of 2^32 macroblocks": sequence(tail=code(2) + code(1) + "0" + code((1 << 32) - 2) * 2 + "1100"),
    "every scaling list": sequence(HIGH, chroma=code(1) + code(0) * 2 + "01" + lists(8)),
    "every bit rate": sequence(tail=rates()),
    "nothing but zeros": MAIN + bytes(2000),
    "nothing but ones": MAIN + b"\xff" * 2000,
    "a megabyte": sequence() + b"\x80" * (1 << 20),
}

COSTLY_PICTURES = {
    "the 257th picture set": picture(number=256),
    "of the 33rd sequence": picture(of=32),
    "2^20 slice groups": picture(groups=1 << 20),
    "33 references": picture(references=32),
    "a quantiser beyond its range": picture(qp=4000),
    "zeros": b"\x68" + bytes(2000),
}


@pytest.mark.parametrize("name", COSTLY)
def test_a_sequence_set_beyond_the_standards_limits_costs_nothing_and_is_not_whole(name: str) -> None:
    assert _seconds(lambda: read_sps(COSTLY[name])) < MOST_SECONDS
    if name not in {"every scaling list", "every bit rate"}:
        assert not read_sps(COSTLY[name]).whole
        assert read_sps(COSTLY[name]).frame_number_bits <= 16
    read_field(b"\x41" + bytes(30), read_sps(COSTLY[name]))


@pytest.mark.parametrize("name", COSTLY_PICTURES)
def test_a_picture_set_beyond_the_standards_limits_costs_nothing_and_is_not_whole(name: str) -> None:
    assert _seconds(lambda: read_pps(COSTLY_PICTURES[name])) < MOST_SECONDS
    assert not read_pps(COSTLY_PICTURES[name]).whole


def test_sets_within_the_limits_are_whole() -> None:
    assert read_sps(sequence()).whole
    assert read_sps(sequence(number=31, log2=12)).whole
    assert read_pps(picture(number=255, of=31, references=31, qp=-26)).whole


def test_no_number_is_longer_than_64_bits() -> None:
    with pytest.raises(ValueError, match="more than any number has"):
        Bits(b"\xff" * 100).take(65)
    assert Bits(b"\xff" * 100).take(64) == (1 << 64) - 1


def test_a_slice_of_a_macroblock_that_no_frame_has_is_odd() -> None:
    assert read_slice(unit(b"\x65", code(1 << 28) + code(7) + code(0))).odd
    assert read_slice(unit(b"\x65", code(0) + code(10) + code(0))).odd
    assert not read_slice(unit(b"\x65", code(0) + code(9) + code(255) + "0" * 8)).odd


def test_a_packet_full_of_parameter_sets_is_read_once() -> None:
    read = picture_reader("h264", b"\0\0\1" + sequence() + b"\0\0\1" + picture())
    packet = b"".join(b"\0\0\1" + COSTLY["every bit rate"] for _ in range(200)) + b"\0\0\1\x65\x88"

    def one() -> None:
        read(packet, flagged=True)

    assert _seconds(one) < 20 * MOST_SECONDS  # most of it finds where 200 units begin


def test_a_header_with_sets_that_are_not_there_is_read() -> None:
    empty = bytes([1, 77, 0, 30, 0xFF, 0xE3]) + bytes(6) + b"\xff"
    assert parameter_sets("h264", empty) == []
    picture_reader("h264", empty)(b"\0\0\0\2\x65\x88", flagged=True)


@pytest.mark.parametrize("seconds", STORMS)
def test_a_storm_of_parameter_sets_and_units(seconds: float) -> None:
    seeds = [*COSTLY.values(), *COSTLY_PICTURES.values(), sequence(), picture()]
    small = [each for each in seeds if len(each) < 4096]

    def blow(rng: random.Random) -> None:
        one = mutated(rng, rng.choice(small)) or b"\x67"
        read_field(rng.randbytes(24), read_sps(one))
        read_pps(one)
        read_slice(one)

    assert storm(seconds, 3 * MOST_SECONDS, blow) > 100


@pytest.mark.parametrize("seconds", STORMS)
def test_a_storm_of_packets_and_headers(seconds: float) -> None:
    def blow(rng: random.Random) -> None:
        codec = rng.choice(("h264", "hevc", "vp8", "vp9", "av1", "mpeg4", "mpeg2video", "mjpeg"))
        framed = rng.random() < 0.5
        header = mutated(rng, _record() if framed else b"\0\0\1" + sequence() + b"\0\0\1" + picture())
        list(leaks_in_record(header))
        read = picture_reader(codec, header)
        for packet in _packets(rng, framed=framed):
            read(packet, flagged=rng.random() < 0.5)

    assert storm(seconds, 0.05, blow) > 50


def _record() -> bytes:
    sets = [sequence(), picture()]
    listed = [len(each).to_bytes(2, "big") + each for each in sets]
    return bytes([1, 77, 0x40, 30, 0xFF, 0xE1]) + listed[0] + b"\1" + listed[1]


def _packets(rng: random.Random, *, framed: bool) -> Iterator[bytes]:
    for _ in range(8):
        parts = [rng.choice((b"\x65\x88\x84", b"\x41\x9a", sequence(), picture(), rng.randbytes(20))) for _ in range(6)]
        whole = b"".join(len(p).to_bytes(4, "big") + p if framed else b"\0\0\1" + p for p in parts)
        yield mutated(rng, whole)


def _seconds(what: Callable[[], object]) -> float:
    """Seconds of processor time, the best of three tries."""
    return min(_timed(what) for _ in range(3))


def _timed(what: Callable[[], object]) -> float:
    began = time.process_time()
    what()
    return time.process_time() - began
