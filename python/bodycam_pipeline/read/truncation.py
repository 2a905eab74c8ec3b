"""Notice that a file was cut short: a container that promises more frames than the file holds."""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from math import floor

import av
import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream

from bodycam_pipeline.schemes import open_recording, place
from bodycam_pipeline.values.errors import DamagedRecordingError
from bodycam_pipeline.values.printable import counted
from bodycam_pipeline.values.recording import PacketIndex

_EBML_HEAD_BYTES = 4096
_SEGMENT_ID = b"\x18\x53\x80\x67"
"""The Matroska element that holds everything (RFC 9559, 5.1)."""


@dataclass(frozen=True, slots=True)
class Missing:
    """What is missing at the end of a recording.

    Attributes:
        what: How much, in words.
        end_pts: When the recording would have ended by what its container says; None where it does not say.
        whole_pictures: How many of its frames are there to the last byte.
    """

    what: str
    end_pts: int | None
    whole_pictures: int


@dataclass(frozen=True, slots=True)
class DeclaredSize:
    """What the container says it holds, asked before its first packet is read.

    Attributes:
        address, container: Which file, and FFmpeg's name of its format.
        size_bytes: Of the file as it is.
        claimed: Pictures that the track's header counts.
        seconds: How long the header says that the recording is; None where it does not.
    """

    address: str
    container: str
    size_bytes: int
    claimed: int
    seconds: Fraction | None

    @classmethod
    def of(cls, container: InputContainer, stream: VideoStream, size_bytes: int, address: str) -> "DeclaredSize":
        """Read it from an opened container."""
        seconds = Fraction(container.duration, av.time_base) if container.duration else None
        return cls(address, container.format.name, size_bytes, stream.frames, seconds)

    def missing(self, stream: VideoStream, packets: PacketIndex) -> "Missing | None":
        """Compare it with what was found; asked after the last packet. None where nothing is missing.

        MP4 lists its samples; Matroska, ASF and most FLV state their length; AVI states both its length and its number
        of pictures (believed together only: recorders that lost power leave one of them wrong). Transport streams
        promise nothing: a cut one is a shorter recording, and nobody can know better.

        Raises:
            DamagedRecordingError: everything is missing.
        """
        stated = next((read for name, read in _STATED_BYTES.items() if name in self.container), None)
        if stated is not None and (missing := stated(self.address) - self.size_bytes) > 0:
            return Missing(counted(missing, "byte"), _claimed_end(stream, self.seconds), len(packets))
        missing, whole = self._missing(stream, len(packets))
        if missing <= 0:
            return None
        if not whole:
            raise _cut_short(counted(missing, "picture"), self.address)
        end_pts = self.claimed if self.container == "avi" else _claimed_end(stream, self.seconds)  # AVI counts frames
        return Missing(counted(missing, "picture"), end_pts, whole)

    def beyond_the_edits(self, packets: PacketIndex) -> int:
        """How many listed frames an edit list cuts off at the end, of which FFmpeg gives no packet."""
        return max(0, self.claimed - len(packets)) if "mov" in self.container else 0

    def _missing(self, stream: VideoStream, found: int) -> tuple[int, int]:
        """How many frames are missing, and how many are there whole."""
        if "mov" in self.container:  # fragments are listed while they are read
            listed = np.fromiter(chain.from_iterable(_entries(stream)), np.int64).reshape(-1, 2)
            listed = listed[listed[:, 1] > 0]
            beyond = np.count_nonzero(listed.sum(axis=1) > self.size_bytes)
            return max(len(listed) - found, int(beyond)), max(0, min(found, len(listed) - int(beyond)))
        if self.container == "avi" and _riff_bytes(self.address) > self.size_bytes:
            return self.claimed - found, found
        return 0, found


def _claimed_end(stream: VideoStream, seconds: Fraction | None) -> int | None:
    """The later of what the header claims and of what is listed."""
    listed = max((entry.timestamp for entry in stream.index_entries), default=None)
    claimed = None if seconds is None or not stream.time_base else floor(seconds / stream.time_base)
    return max((end for end in (listed, claimed) if end is not None), default=None)


def _entries(stream: VideoStream) -> Iterator[tuple[int, int]]:
    """Where each listed sample begins, and its size; one at a time, since a list of them is larger than the file."""
    return ((entry.pos, entry.size) for entry in stream.index_entries)


def _riff_bytes(address: str) -> int:
    """Where the last RIFF chunk of an AVI ends; a long one has several (OpenDML 1.02, 3.0)."""
    end = 0
    with open_recording(address) as file:
        while True:
            file.seek(end)
            head = file.read(8)
            if len(head) < 8 or head[:4] != b"RIFF":
                return end
            end += 8 + int.from_bytes(head[4:], "little")


def _matroska_bytes(address: str) -> int:
    """The size of the file as its segment states it; 0 where a live recorder left it open."""
    with open_recording(address) as file:
        head = file.read(_EBML_HEAD_BYTES)
    at = head.find(_SEGMENT_ID) + len(_SEGMENT_ID)
    if at < len(_SEGMENT_ID) or at >= len(head) or not head[at]:
        return 0
    length = 9 - head[at].bit_length()
    size = int.from_bytes(head[at : at + length], "big") & ((1 << 7 * length) - 1)
    unknown = size == (1 << 7 * length) - 1
    return 0 if unknown else at + length + size


_ASF_FILE = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
"""GUID of the file properties (ASF specification, 3.2); its size stands 40 bytes on, its flags 88."""

_FLV_SIZE = b"\0\x08filesize\0"
"""A number of the metadata's by its name, as AMF 0 writes it."""


def _asf_bytes(address: str) -> int:
    """The size of the file as its header states it; 0 where it was broadcast, and nobody knew."""
    with open_recording(address) as file:
        head = file.read(_EBML_HEAD_BYTES)
    at = head.find(_ASF_FILE)
    if at < 0 or len(head) < at + 92 or head[at + 88] & 1:
        return 0
    return int.from_bytes(head[at + 40 : at + 48], "little")


def _flv_bytes(address: str) -> int:
    """The size of the file as its metadata states it; 0 where they do not."""
    with open_recording(address) as file:
        head = file.read(_EBML_HEAD_BYTES)
    at = head.find(_FLV_SIZE) + len(_FLV_SIZE)
    if at < len(_FLV_SIZE) or at + 8 > len(head):
        return 0
    (size,) = struct.unpack(">d", head[at : at + 8])
    return int(size) if 0 < size < _LARGEST_FLV else 0


_LARGEST_FLV = 1 << 50
_STATED_BYTES: dict[str, Callable[[str], int]] = {"matroska": _matroska_bytes, "asf": _asf_bytes, "flv": _flv_bytes}
"""Who reads how long a file should be, by a part of the format's name."""


def _cut_short(what: str, address: str) -> DamagedRecordingError:
    return DamagedRecordingError(
        f"the file is cut short: {what} missing, and nothing of it decodes",
        remedy="Copy it again from the camera or the evidence system; there is nothing to redact.",
        where=place(address),
    )
