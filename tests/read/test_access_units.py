"""Header bits, read by hand, on packets small enough to read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodycam_pipeline.h264.bits import Bits
from bodycam_pipeline.h264.nal import length_size, parameter_sets, units
from bodycam_pipeline.h264.parameters import read_field, read_sps
from bodycam_pipeline.read.access_units import Picture, picture_reader


def golomb(value: int) -> str:
    code = f"{value + 1:b}"
    return "0" * (len(code) - 1) + code


def packed(bits: str) -> bytes:
    padded = bits + "1" + "0" * (-(len(bits) + 1) % 8)
    return int(padded, 2).to_bytes(len(padded) // 8, "big")


def sps(*, frames_only: bool, frame_number_bits: int = 4) -> bytes:
    """A Main profile SPS, ITU-T H.264, 7.3.2.1.1: poc type 2, one reference, 20x12 macroblocks."""
    fields = golomb(0) + golomb(frame_number_bits - 4) + golomb(2) + golomb(1) + "0" + golomb(19) + golomb(11)
    return bytes([0x67, 77, 0, 30]) + packed(fields + str(int(frames_only)))


def field_slice(number: int, *, bottom: bool, frame_number_bits: int = 4) -> bytes:
    fields = golomb(0) + golomb(0) + golomb(0) + f"{number:0{frame_number_bits}b}" + "1" + str(int(bottom))
    return b"\x41" + packed(fields)


def annex_b(*parts: bytes) -> bytes:
    return b"".join(b"\0\0\0\1" + part for part in parts)


class TestBits:
    @given(st.lists(st.integers(0, 100_000), min_size=1, max_size=20))
    def test_golomb_codes_are_read_back(self, values: list[int]) -> None:
        payload = packed("".join(map(golomb, values)))
        escaped = (
            payload.replace(b"\0\0\0", b"\0\0\3\0").replace(b"\0\0\1", b"\0\0\3\1").replace(b"\0\0\2", b"\0\0\3\2")
        )
        bits = Bits(escaped if b"\0\0\3" not in payload else payload)
        if b"\0\0\3" not in payload:
            assert [bits.golomb() for _ in values] == values

    def test_signed_codes_alternate(self) -> None:
        bits = Bits(packed("".join(map(golomb, range(5)))))
        assert [bits.signed_golomb() for _ in range(5)] == [0, 1, -1, 2, -2]

    @given(st.binary(max_size=40))
    def test_any_payload_can_be_read_past_its_end(self, payload: bytes) -> None:
        bits = Bits(payload)
        for _ in range(200):
            bits.golomb()


class TestUnits:
    @given(st.lists(st.binary(min_size=1, max_size=20).map(lambda b: b"\x65" + b.replace(b"\0", b"\1")), max_size=5))
    def test_both_forms_give_the_same_units(self, parts: list[bytes]) -> None:
        prefixed = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
        assert list(units(annex_b(*parts), 0)) == list(units(prefixed, 4)) == parts

    @given(st.binary(max_size=200), st.sampled_from([0, 1, 2, 3, 4]))
    def test_no_packet_is_read_outside(self, packet: bytes, length: int) -> None:
        assert sum(map(len, units(packet, length))) <= len(packet)

    @given(st.sampled_from(["h264", "hevc"]), st.binary(max_size=100))
    def test_no_header_is_read_outside(self, codec: str, extradata: bytes) -> None:
        parameter_sets(codec, extradata)
        assert length_size(codec, extradata) in range(5)


class TestFields:
    def test_a_sequence_header_says_whether_fields_occur(self) -> None:
        assert read_sps(sps(frames_only=True)).frames_only
        assert not read_sps(sps(frames_only=False)).frames_only
        assert read_sps(sps(frames_only=False, frame_number_bits=9)).frame_number_bits == 9

    def test_a_slice_says_which_field_it_codes(self) -> None:
        sequence = read_sps(sps(frames_only=False, frame_number_bits=6))
        assert read_field(field_slice(37, bottom=True, frame_number_bits=6), sequence) == (37, 1)
        assert read_field(field_slice(2, bottom=False, frame_number_bits=6), sequence) == (2, 0)

    def test_the_second_field_of_a_frame_presents_no_frame_of_its_own(self) -> None:
        read = picture_reader("h264", annex_b(sps(frames_only=False)))
        fields = [(0, False), (0, True), (1, True), (1, False), (2, False), (3, False), (3, True)]
        shown = [read(annex_b(field_slice(n, bottom=b)), flagged=False).shows for n, b in fields]
        assert shown == [True, False, True, False, True, True, False]

    def test_two_fields_in_one_packet_are_one_frame(self) -> None:
        read = picture_reader("h264", annex_b(sps(frames_only=False)))
        both = annex_b(field_slice(0, bottom=False), field_slice(0, bottom=True))
        assert [read(both, flagged=False).shows for _ in range(2)] == [True, True]


class TestParameters:
    def test_the_same_header_again_changes_nothing(self) -> None:
        header, idr = sps(frames_only=True), b"\x65\x88"
        read = picture_reader("h264", annex_b(header))
        assert read(annex_b(header, idr), flagged=True) == Picture(start=True)
        assert read(annex_b(header, idr), flagged=True) == Picture(start=True)
        assert read(annex_b(idr), flagged=True) == Picture(start=True)

    def test_another_sequence_header_changes_the_track_and_so_does_the_first_one_again(self) -> None:
        first, second = sps(frames_only=True), sps(frames_only=False)
        read = picture_reader("h264", annex_b(first))
        brought = [b"", second, b"", second, first, first]
        seen = [read(annex_b(*filter(None, (each,)), b"\x65\x88"), flagged=True) for each in brought]
        assert [each.changes for each in seen] == [False, True, False, False, True, False]
        assert [each.start for each in seen] == [True, True, False, True, True, True]

    def test_after_new_picture_parameters_a_start_must_bring_its_own(self) -> None:
        header, idr = sps(frames_only=True), b"\x65\x88"
        read = picture_reader("h264", annex_b(header, b"\x68\xce"))
        assert read(annex_b(b"\x68\xcf", b"\x41\x9a"), flagged=False) == Picture(start=False)
        assert not read(annex_b(idr), flagged=True).start
        assert read(annex_b(header, b"\x68\xcf", idr), flagged=True).start

    def test_a_start_without_any_parameters_is_none(self) -> None:
        read = picture_reader("h264", b"")
        assert not read(annex_b(b"\x65\x88"), flagged=True).start


@pytest.mark.parametrize(
    ("codec", "packet", "picture"),
    [
        ("h264", annex_b(b"\x65\x88"), Picture(start=False)),
        ("vp8", b"\x10\0\0", Picture(start=True, shows=True)),
        ("vp8", b"\x11\0\0", Picture(start=False, shows=True)),
        ("vp8", b"\x01\0\0", Picture(start=False, shows=False)),
        ("vp9", b"\x82\x49\x83\x42", Picture(start=True, shows=True)),
        ("vp9", b"\x80\x49\x83\x42", Picture(start=True, shows=False)),
        ("vp9", b"\x86\0", Picture(start=False, shows=True)),
        ("vp9", b"\x84\0", Picture(start=False, shows=False)),
        ("vp9", b"\x88", Picture(start=False, shows=True)),
        ("vp9", b"\x80\x49\x86\x00\xc1\x02\x02\xc1", Picture(start=True, shows=True)),
        ("mpeg4", b"\0\0\1\xb6\x10", Picture(start=True)),
        ("mpeg4", b"\0\0\1\xb6\x50", Picture(start=False)),
        ("libdav1d", b"\x12\0\x32\x01\x10", Picture(start=True)),
        ("libdav1d", b"\x12\0\x32\x01\x00", Picture(start=False)),
        ("mjpeg", b"\xff\xd8", Picture(start=True)),
        ("wmv3", b"", Picture(start=True)),
    ],
)
def test_a_packet_says_what_it_presents(codec: str, packet: bytes, picture: Picture) -> None:
    assert picture_reader(codec, b"")(packet, flagged=True) == picture


@given(
    st.sampled_from(["h264", "hevc", "vp8", "vp9", "libdav1d", "mpeg4", "mpeg2video", "mjpeg", "dvvideo", "vc1"]),
    st.binary(max_size=60),
    st.lists(st.binary(max_size=60), max_size=5),
)
def test_no_packet_is_too_strange_to_be_read(codec: str, extradata: bytes, packets: list[bytes]) -> None:
    read = picture_reader(codec, extradata)
    for packet in packets:
        read(packet, flagged=True)
