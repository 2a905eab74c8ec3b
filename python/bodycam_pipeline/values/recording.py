"""What is known of a recording before a single frame is decoded."""

from bisect import bisect_right
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.values.address import name_of
from bodycam_pipeline.values.geometry import Orientation
from bodycam_pipeline.values.timeline import Span


@dataclass(frozen=True, slots=True)
class StreamDisposition:
    """One stream of the recording and what becomes of it in the release."""

    index: int
    what: str  # e.g. "video h264 1280x720", "data mebx", "attached picture"
    disposition: Literal["redacted", "removed", "muted", "kept"]
    why: str


@dataclass(frozen=True, slots=True)
class Hdr:
    """HDR as it is coded.

    Attributes:
        transfer: ``hlg`` (which Dolby Vision 8.4 shows on other displays) or ``pq``.
        wide: Whether its colours are those of BT.2020, and not of BT.709.
        full_range: Whether samples use the whole range.
    """

    transfer: Literal["hlg", "pq"]
    wide: bool
    full_range: bool


@dataclass(frozen=True, slots=True)
class PartFormat:
    """How the frames of one part of a recording are coded.

    Attributes:
        from_pts: When the part begins; it ends where the next one does.
        width, height: Of the decoded frame, in luma samples.
        pixel_format: FFmpeg's name of it.
        full_range, colour_matrix: As in `VideoFacts`.
        hdr: How its light is coded where that is HDR, else None.
        header: The decoder's configuration where the container keeps it apart from the packets and changes it too; None
            where the track's own, or the packets', is the right one.
    """

    from_pts: int
    width: int
    height: int
    pixel_format: str
    full_range: bool
    colour_matrix: int
    hdr: Hdr | None = None
    header: bytes | None = None


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """The video track: everything the release has to keep, and nothing taken on trust from the header alone.

    Attributes:
        stream_index: Which stream of the container.
        codec: FFmpeg's decoder name.
        profile: The codec profile, or "".
        pixel_format: FFmpeg's name of the recording's own format.
        width, height: Of the coded frame, in luma samples; even, since 4:2:0 H.264 holds no other.
        time_base: Seconds per pts.
        orientation: How the coded frame is turned for display.
        sample_aspect_ratio: Width over height of one sample, 1 where unknown.
        full_range: Whether samples use 0..255.
        colour_primaries, colour_transfer, colour_matrix: ISO/IEC 23091-2 code points, 2 where unknown; of BT.709 where
            the recording is HDR, since its frames are mapped before anybody sees them.
        field_order: ``progressive``, ``top`` or ``bottom`` field first.
        frame_rate_from_header: Frames per second the container claims, None where it does not; only ever shown.
        parameter_sets: The H.264 parameter sets of the track's header, empty for any other codec.
        hdr: How the recording's light is coded where that is HDR, else None.
        added: Columns and rows that were added at the right and lower edge, to make both sides even.
        formats: Of a recording that changes size or coding on its way, how each part is coded, in order of time; all of
            it stands on one canvas of ``width`` and ``height``. Empty where nothing ever changes.
        packet_ticks: What each packet lasts in a file that carries no times, where the n-th one begins n times later;
            None where it carries them.
        deinterlaced: Which field was shown first in a recording whose frames are made full ones, since the policy says
            so; None where frames are as recorded.
    """

    stream_index: int
    codec: str
    profile: str
    pixel_format: str
    width: int
    height: int
    time_base: Fraction
    orientation: Orientation
    sample_aspect_ratio: Fraction
    full_range: bool
    colour_primaries: int
    colour_transfer: int
    colour_matrix: int
    field_order: Literal["progressive", "top", "bottom"]
    frame_rate_from_header: Fraction | None
    parameter_sets: tuple[bytes, ...] = ()
    hdr: Hdr | None = None
    added: tuple[int, int] = (0, 0)
    formats: tuple[PartFormat, ...] = ()
    packet_ticks: int | None = None
    deinterlaced: Literal["top", "bottom"] | None = None

    def part_number(self, pts: int) -> int:
        """Which part of the recording shows this time, from 0."""
        return max(bisect_right(self.formats, pts, key=lambda each: each.from_pts) - 1, 0)

    def format_at(self, pts: int) -> PartFormat:
        """How the frame of this time is coded."""
        if self.formats:
            return self.formats[self.part_number(pts)]
        width, height = self.width - self.added[0], self.height - self.added[1]
        return PartFormat(pts, width, height, self.pixel_format, self.full_range, self.colour_matrix, self.hdr)

    def part_at(self, pts: int) -> "VideoFacts":
        """The track as the part of this time alone has it: a smaller frame, without the black beside it.

        A turned track is taken as it is: there the smaller frame does not lie at the upright frame's top left.
        """
        if not self.formats or self.orientation != Orientation.UPRIGHT:
            return self
        part = self.format_at(pts)
        return replace(self, width=part.width + part.width % 2, height=part.height + part.height % 2)

    @property
    def upright_size(self) -> tuple[int, int]:
        """Width and height as displayed."""
        return self.orientation.upright_size(self.width, self.height)


@dataclass(frozen=True, slots=True)
class AudioFacts:
    """One sound track.

    Attributes:
        stream_index: Which stream of the container.
        codec: FFmpeg's decoder name, or what the container calls it.
        sample_rate_hz, channels: As the header says; 0 where it does not.
        default: Whether the file marks it as the one to play.
        decodable: Whether its sound can be decoded here.
    """

    stream_index: int
    codec: str
    sample_rate_hz: int
    channels: int
    default: bool = False
    decodable: bool = True


_MOST_DELAYED_FRAMES = 16
"""Frames that an H.264 decoder may hold back (ITU-T H.264, A.3.1: MaxDpbFrames)."""


@dataclass(frozen=True)
class PacketIndex:
    """Every packet of the video track, in decode order, read from the file itself.

    Attributes:
        pts: int64, presentation time.
        dts: int64, decode time.
        size_bytes: int64.
        random_access: bool, a closed start: decoding from here gives every later frame exactly.
        shown: bool, False for a packet that an edit list hides (decoded, never presented).
        copyable: bool, nothing in it but what a release may hold: it may be stream-copied.
        sha256: (n, 32) uint8, digest of the packet's bytes.
    """

    pts: NDArray[np.int64]
    dts: NDArray[np.int64]
    size_bytes: NDArray[np.int64]
    random_access: NDArray[np.bool_]
    shown: NDArray[np.bool_]
    copyable: NDArray[np.bool_]
    sha256: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.pts)

    def part(self, first: int, end: int) -> "PacketIndex":
        """The packets of half-open positions ``first..end``: what a worker needs of one segment."""
        return PacketIndex(*(getattr(self, field.name)[first:end] for field in fields(self)))

    def reorder_depth(self) -> int:
        """How many packets precede another in the file and follow it in time, at most; looked for 16 packets away."""
        later = np.zeros(len(self), dtype=np.int64)
        for distance in range(1, min(_MOST_DELAYED_FRAMES, len(self) - 1) + 1):
            later[distance:] += self.pts[:-distance] > self.pts[distance:]
        return int(later.max(initial=0))

    def shown_pts(self) -> NDArray[np.int64]:
        """The pts of every frame the recording presents, ascending."""
        return np.sort(self.pts[self.shown])


@dataclass(frozen=True, slots=True)
class Segment:
    """A span of the recording that starts at a random-access frame and decodes alone.

    Attributes:
        number: 0, 1, 2 … along the recording.
        first_packet, end_packet: Half-open positions in the packet index (decode order).
        span: Covers exactly the frames of this segment; spans of neighbours touch.
        frames: How many frames it presents.
    """

    number: int
    first_packet: int
    end_packet: int
    span: Span
    frames: int


@dataclass(frozen=True, slots=True)
class Gap:
    """Time of a recording that its file does not hold, before its first frame or after its last.

    Attributes:
        what: What is missing, in words.
        span: When; no frame lies in it.
    """

    what: str
    span: Span


@dataclass(frozen=True)
class Recording:
    """A recording as probed.

    Attributes:
        address: Where it is read from.
        sha256: Digest of the whole file, hex.
        size_bytes: Of the whole file.
        container: FFmpeg's demuxer name.
        video: The video track that will be redacted.
        sounds: Every sound track, in the order of the file.
        packets: The video track's index.
        streams: Every stream but what finally becomes of the sound, which the policy decides.
        frame_duration_pts: The most common distance between frames; how long the last one lasts.
        notes: What a person has to know of what was done to read it exactly, in sentences; they are public.
        track: The video track that a person asked for; None where the file leaves no doubt.
        gaps: Time that the file does not hold: a release needs it withheld by a person.
    """

    address: str
    sha256: str
    size_bytes: int
    container: str
    video: VideoFacts
    sounds: tuple[AudioFacts, ...]
    packets: PacketIndex
    streams: tuple[StreamDisposition, ...]
    frame_duration_pts: int
    notes: tuple[str, ...] = ()
    track: int | None = None
    gaps: tuple[Gap, ...] = ()

    @property
    def audio(self) -> AudioFacts | None:
        """The sound track to play: the one that the file marks, else its first; None without sound."""
        return next((sound for sound in self.sounds if sound.default), next(iter(self.sounds), None))

    @property
    def identity(self) -> str:
        """What is redacted, by its content: the whole file's digest, the track where a person chose one, and whether
        its frames are deinterlaced.
        """
        asked = "" if self.track is None else f"#{self.track}"
        return f"{self.sha256}{asked}{'#deinterlaced' if self.video.deinterlaced else ''}"

    def as_full_frames(self) -> "Recording":
        """The recording with its interlaced frames made full ones; itself where they are that."""
        order = self.video.field_order
        if order == "progressive":
            return self
        note = f"the recording is interlaced ({order} field first): its frames are deinterlaced, one for each (bwdif)"
        video = replace(self.video, field_order="progressive", deinterlaced=order)
        return replace(self, video=video, notes=(*self.notes, note))

    @property
    def name(self) -> str:
        """What errors and reports call it: its file name, without the folders it lies in."""
        return name_of(self.address)

    @property
    def whole(self) -> Span:
        """From the first frame to the end of the last, and what is missing before and after."""
        spans = [self.span, *(gap.span for gap in self.gaps)]
        return Span(min(span.start_pts for span in spans), max(span.end_pts for span in spans))

    @property
    def span(self) -> Span:
        """From the first frame to the end of the last."""
        shown = self.packets.shown_pts()
        return Span(int(shown[0]), int(shown[-1]) + self.frame_duration_pts)
