"""What is in a finished file, byte by byte: boxes that no release has, tracks, tags, and media nobody points at.

An allow-list: every byte of the file is a box of the grammar, a number in one that agrees with another, or a sample
of one of its tracks; every byte of a video sample belongs to a slice.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

from av.container import InputContainer

from bodycam_pipeline.h264.nal import H264_IDR, H264_SLICE
from bodycam_pipeline.h264.parameter_sets import leaks_in_record, sets_of_record
from bodycam_pipeline.mp4_check.boxtree import BoxNode, read_tree
from bodycam_pipeline.mp4_check.finished_tracks import TrackSamples, check_movie, track_samples
from bodycam_pipeline.mp4_check.silence import sound_in
from bodycam_pipeline.read.claims import refuse_bomb
from bodycam_pipeline.read.container import open_container
from bodycam_pipeline.values.observed import ContainerObservation

_FORMAT_TAGS = frozenset({"major_brand", "minor_version", "compatible_brands", "language"})
"""What FFmpeg reports of boxes that every MP4 has."""

_LENGTH_BYTES = 4
_MOST_LEAKS = 50
"""Named one by one; a file with more is no release by any name."""


def observe_container(path: Path, silent: Sequence[tuple[Fraction, Fraction | None]] = ()) -> ContainerObservation:
    """Look at everything in a finished file but its frames. One that the grammar refuses is not opened by FFmpeg.

    Args:
        path: The file.
        silent: Seconds of its own clock, from and to (None: the end), in which nothing may be heard.

    Raises:
        UnreadableRecordingError: not a container, or one that claims more than it has.
        StorageError: the disk failed.
    """
    leaks: list[str] = []
    root = read_tree(path, leaks)
    parameter_sets = 0
    if not leaks:  # what is not as the grammar has it has been named, and its numbers mean nothing
        parameter_sets = _check_contents(path, root, leaks)
    if leaks:
        return ContainerObservation(0, 0, unowned=tuple(leaks[:_MOST_LEAKS]), parameter_sets=parameter_sets)
    with path.open("rb") as file:
        refuse_bomb(file, str(path))
    with open_container(str(path)) as container:
        kinds = [stream.type for stream in container.streams]
        others = [f"{s.type} {s.index}" for s in container.streams if s.type not in {"video", "audio"}]
        tags = list(_tags(container))
    heard = list(sound_in(path, silent)) if silent and "audio" in kinds else []
    return ContainerObservation(
        kinds.count("video"),
        kinds.count("audio"),
        tuple(others),
        tuple(tags),
        (),
        parameter_sets,
        tuple(heard),
    )


def _check_contents(path: Path, root: BoxNode, leaks: list[str]) -> int:
    """Numbers against numbers, and every byte of the media data; how many sequence parameter sets there are."""
    with path.open("rb") as file:
        movie, media = root.part(b"moov"), root.part(b"mdat")
        tracks = [track_samples(track, leaks) for track in movie.parts if track.kind == b"trak"]
        check_movie(movie, tracks, leaks)
        leaks += _stray_media(tracks, media)
        if leaks:
            return 0
        video = next((track for track in tracks if track.kind == "vide"), None)
        if video is None:
            return 0
        entry = video.entry.part(b"avcC")
        leaks += leaks_in_record(entry.fields["record"])
        for number, (start, size) in enumerate(zip(video.offsets.tolist(), video.sizes.tolist(), strict=True)):
            file.seek(start)
            leaks += _leaks_in_sample(number, file.read(size), keyed=bool(video.keyframe[number]))
            if len(leaks) > _MOST_LEAKS:
                break
        sets = sets_of_record(entry.fields["record"])
        return len(sets[0]) if sets else 0


def _stray_media(tracks: Sequence[TrackSamples], media: BoxNode) -> Iterator[str]:
    """Bytes of the media data that no sample owns, or two."""
    spans = sorted(
        (start, start + size)
        for track in tracks
        for start, size in zip(track.offsets.tolist(), track.sizes.tolist(), strict=True)
    )
    position = media.start
    for start, end in spans:
        if start != position:
            yield f"{abs(start - position)} bytes of media at {min(start, position)} that not exactly one sample owns"
            return
        position = end
    if position != media.end:
        yield f"{media.end - position} bytes of media at {position} that no sample owns"


def _leaks_in_sample(number: int, sample: bytes, *, keyed: bool) -> Iterator[str]:
    """Everything in a video sample but slices (ITU-T H.264, 7.3.1), and a mark that is not the slices'."""
    position, kinds = 0, []
    while position + _LENGTH_BYTES < len(sample):
        begin = position + _LENGTH_BYTES
        position = begin + int.from_bytes(sample[position:begin], "big")
        if position > len(sample) or position == begin:
            break
        kinds.append(sample[begin] & 0x9F)  # with the bit that is always 0
        if sample[position - 1] == 0:  # 7.4.1: a unit does not end in zeros
            yield f"padding after a slice of sample {number}"
    if position != len(sample) or not kinds:
        yield f"{len(sample) - position} bytes of sample {number} that are no NAL unit"
    strangers = sorted(set(kinds) - {H264_SLICE, H264_IDR})
    if strangers:
        yield f"NAL units of type {strangers} in sample {number}"
    if keyed != (H264_IDR in kinds):
        yield f"sample {number} is marked as a key frame and is none, or the reverse"


def _tags(container: InputContainer) -> Iterator[str]:
    yield from (f"{name}={value}" for name, value in container.metadata.items() if name not in _FORMAT_TAGS)
    for stream in container.streams:
        found = {name: value for name, value in stream.metadata.items() if name not in _FORMAT_TAGS and value}
        yield from (f"track {stream.index} {name}={value}" for name, value in found.items())
