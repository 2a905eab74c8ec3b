"""What a recording's container tells of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Headers:
    """Facts as the container states them, none of them believed.

    Attributes:
        signature: The scheme under which the camera signed it; None where nothing of one was seen.
        format: FFmpeg's name of it.
        tracks: What each is, e.g. ``video h264, 250 listed``.
        seconds_from_header: How long it says that it is; None where it says nothing.
        tags: Those that makers use, by name.
    """

    signature: str | None
    format: str
    tracks: tuple[str, ...]
    seconds_from_header: float | None
    tags: dict[str, str]
