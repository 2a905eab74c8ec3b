"""What may be stream-copied: plain slices of plain recordings, and whatever is doubtful is encoded anew."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from bodycam_pipeline.h264.avc import configuration, sample
from bodycam_pipeline.h264.copying import CopyTest, joining, plain_sequence
from bodycam_pipeline.h264.nal import H264_SPS
from bodycam_pipeline.h264.parameter_sets import leaks_in_record
from bodycam_pipeline.h264.parameters import read_pps, read_sps
from bodycam_pipeline.mp4.encode import encode
from bodycam_pipeline.read.decode import read_units
from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.values.policy import EncodingRule
from bodycam_pipeline.values.recording import Recording
from tests.clips import Header, clip

COPY = EncodingRule()
X264 = {"preset": "medium", "g": "6", "bf": "2", "x264-params": ""}

SEI, DELIMITER, FILLER, PRIVATE, PARTITION, AUXILIARY, END = 6, 9, 12, 24, 2, 19, 10


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return probe(str(clip(tmp_path_factory.mktemp("plain") / "a.mp4", options=X264)))


@pytest.fixture(scope="module")
def packets(recording: Recording) -> list[list[bytes]]:
    return [list(units) for units in read_units(recording.address, recording.video, recording.packets)]


class TestTracks:
    """Whether anything of a recording may be stream-copied."""

    def test_a_plain_recording_joins_with_an_encoder_of_another_number(self, recording: Recording) -> None:
        beside = joining(recording.video, COPY)
        assert beside is not None
        (sequence,) = (read_sps(unit) for unit in beside.sets if unit[0] & 31 == H264_SPS)
        assert beside.own_number != sequence.number
        assert (beside.level, beside.profile) == (sequence.level, "high")

    def test_the_policy_can_have_everything_encoded_anew(self, recording: Recording) -> None:
        assert joining(recording.video, EncodingRule(untouched="reencode")) is None

    def test_a_lossless_release_is_of_another_profile_and_is_encoded_whole(self, recording: Recording) -> None:
        assert joining(recording.video, EncodingRule(crf=0)) is None

    @pytest.mark.parametrize(
        "changes", [{"width": 318}, {"height": 190}, {"field_order": "top"}, {"parameter_sets": ()}]
    )
    def test_a_container_that_contradicts_the_coding_has_all_encoded_anew(
        self, changes: dict[str, object], recording: Recording
    ) -> None:
        assert joining(replace(recording.video, **changes), COPY) is None  # type: ignore[arg-type]

    def test_so_does_one_that_stretches_the_picture_otherwise(self, tmp_path: Path) -> None:
        video = probe(str(clip(tmp_path / "a.mp4", look=Header(aspect=Fraction(4, 3))))).video
        assert joining(video, COPY) is not None
        assert joining(replace(video, sample_aspect_ratio=Fraction(1)), COPY) is None

    @pytest.mark.parametrize(
        ("name", "making"),
        [
            ("ten-bit", {"pixel_format": "yuv420p10le", "options": {"g": "6"}}),
            ("422", {"pixel_format": "yuv422p", "options": {"g": "6"}}),
            ("interlaced", {"look": Header(interlaced="tff"), "options": {"g": "6"}}),
            ("hevc", {"codec": "libx265"}),
            ("lossless", {"lossless": True}),
            ("mpeg4", {"codec": "mpeg4"}),
        ],
    )
    def test_a_recording_that_is_coded_otherwise_is_encoded_anew(
        self, name: str, making: dict[str, object], tmp_path: Path
    ) -> None:
        odd = probe(str(clip(tmp_path / f"{name}.mp4", **making)))  # type: ignore[arg-type]
        assert joining(odd.video, COPY) is None or not odd.packets.copyable.any()

    def test_two_sets_of_one_number_and_a_set_of_another_sequence_are_not_plain(self, recording: Recording) -> None:
        sequence, picture = recording.video.parameter_sets
        assert plain_sequence([sequence, picture]) is not None
        for sets in (
            [sequence],
            [picture],
            [sequence, sequence, picture],
            [sequence, picture, picture],
            [sequence, picture, b"\x6a\x00"],
            [sequence[:6], picture],
            [sequence + b"\1", picture],
            [sequence, picture + b"\x80"],
        ):
            assert plain_sequence(sets) is None

    def test_open_groups_give_no_start_to_copy_from(self, tmp_path: Path) -> None:
        options = {"preset": "fast", "g": "10", "bf": "3", "x264-params": "open-gop=1", "sc_threshold": "0"}
        assert probe(str(clip(tmp_path / "a.mp4", options=options))).packets.random_access.sum() == 1


class TestPackets:
    """Whether one packet may be stream-copied."""

    def test_packets_of_a_plain_recording_may_go(self, recording: Recording, packets: list[list[bytes]]) -> None:
        test = CopyTest(recording.video.parameter_sets)
        assert all(test.passes(units) for units in packets)
        assert recording.packets.copyable.all()

    @pytest.mark.parametrize("kind", [SEI, DELIMITER, FILLER, PRIVATE])
    def test_what_a_picture_does_not_need_is_left_behind(
        self, kind: int, recording: Recording, packets: list[list[bytes]]
    ) -> None:
        assert CopyTest(recording.video.parameter_sets).passes([bytes([kind]) + b"secret", *packets[0]])

    @pytest.mark.parametrize("kind", [PARTITION, AUXILIARY, END, 1])
    def test_a_packet_with_anything_else_is_encoded_anew(
        self, kind: int, recording: Recording, packets: list[list[bytes]]
    ) -> None:
        """Kind 1 beside an IDR slice: one picture cannot be both."""
        idr = packets[0]
        assert not CopyTest(recording.video.parameter_sets).passes([*idr, bytes([kind]) + b"\x88\x84\x21"])

    def test_a_packet_that_brings_another_parameter_set_is_encoded_anew(
        self, recording: Recording, packets: list[list[bytes]]
    ) -> None:
        sequence, picture = recording.video.parameter_sets
        test = CopyTest(recording.video.parameter_sets)
        assert test.passes([sequence, picture, *packets[0]])
        assert not test.passes([sequence[:-1] + b"\x01", picture, *packets[0]])

    def test_a_packet_without_its_first_slice_and_an_empty_one_are_encoded_anew(self, tmp_path: Path) -> None:
        sliced = probe(str(clip(tmp_path / "a.mp4", options=X264 | {"slices": "3"})))
        units = list(next(read_units(sliced.address, sliced.video, sliced.packets)))
        slices = [unit for unit in units if unit[0] & 31 in {1, 5}]
        test = CopyTest(sliced.video.parameter_sets)
        assert len(slices) > 1
        assert test.passes(slices)
        for broken in ([], slices[1:], slices[::-1], [slices[0], *slices]):
            assert not test.passes(broken)

    def test_zeros_behind_a_slice_are_left_behind_and_words_of_padding_have_it_encoded_anew(
        self, recording: Recording, packets: list[list[bytes]]
    ) -> None:
        *others, picture = packets[1]
        test = CopyTest(recording.video.parameter_sets)
        assert test.passes([*others, picture + bytes(3)])
        assert sample([*others, picture + bytes(3)]) == sample([*others, picture])
        assert not test.passes([*others, picture + b"\0\0\3"])
        assert not test.passes([*others, picture + b"\0\0\3\0"])

    def test_a_slice_of_a_parameter_set_that_is_not_there_is_encoded_anew(
        self, recording: Recording, packets: list[list[bytes]]
    ) -> None:
        sequence, picture = recording.video.parameter_sets
        assert read_pps(picture).number == 0
        other = bytes([picture[0]]) + b"\x58" + picture[2:]  # pic_parameter_set_id 1
        assert read_pps(other).number == 1
        assert not CopyTest([sequence, other]).passes(packets[0])


@pytest.mark.parametrize("preset", ["ultrafast", "superfast", "veryfast", "medium"])
@pytest.mark.parametrize("profile", ["baseline", "main", "high"])
def test_recording_and_encoder_share_one_track_header_whatever_the_preset_makes_of_the_profile(
    preset: str, profile: str, tmp_path: Path
) -> None:
    made = probe(str(clip(tmp_path / "a.mp4", options={"preset": "medium", "profile": profile, "g": "6"})))
    rule = EncodingRule.model_validate({"preset": preset})
    beside = joining(made.video, rule)
    assert beside is not None
    encoder = encode(iter(()), made.video, rule, beside)
    avcc = configuration([*beside.sets, *encoder.parameter_sets])
    sequences = [read_sps(unit) for unit in (*beside.sets, *encoder.parameter_sets) if unit[0] & 31 == H264_SPS]
    assert avcc[1] == max(sequence.profile for sequence in sequences)
    assert not list(leaks_in_record(avcc))
    assert len({sequence.number for sequence in sequences}) == 2
    assert {(s.width, s.height, s.level) for s in sequences} == {(320, 192, beside.level)}
