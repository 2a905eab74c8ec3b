"""What a file is that is no recording, told from its first bytes, and what a person can do about it."""

import os
import re
from io import BytesIO
from typing import BinaryIO, NamedTuple

import av

HEAD_BYTES = 1 << 16
_MOST_PHOTO_BYTES = 256 << 20
_TEXT_BYTES = 4096


class Kind(NamedTuple):
    """What a file is, as an error says it, and the remedy."""

    what: str
    remedy: str


_CAMERA = "Look for the recording itself on the card or in the export: this file lies beside it."
_PHOTO_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"mif1", b"mif2", b"avif"}
_PHOTOS = (b"\x89PNG\r\n", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"\xff\xd8\xff")
_SOUND = Kind("sound without pictures, not a recording", _CAMERA)
_STARTS = (
    ((b"fLaC", b"ID3", b"#!AMR", b"MThd", b"\xff\xf1", b"\xff\xf9", b"\xff\xfb", b"OggS"), _SOUND),
    (
        (b"#EXTM3U", b"ffconcat version", b"[playlist]", b"<smil", b"<MPD"),
        Kind("a playlist, not a recording", "Name the files that it lists."),
    ),
    (
        (b"PK\3\4", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b"),
        Kind("an archive, not a recording", "Unpack it, and name what is in it."),
    ),
    (
        (b"%PDF", b"{\\rtf", b"\xd0\xcf\x11\xe0", b"<!DOCTYPE html", b"<html"),
        Kind("a document, not a recording", _CAMERA),
    ),
    (
        (b"MZ", b"\x7fELF"),
        Kind("a program, not a recording", "Where it is a player with a recording inside, export that as MP4."),
    ),
)
"""How files of other kinds begin, after spaces."""

_SOUND_BRANDS = {b"M4A ", b"M4B "}
_SUBTITLES = re.compile(rb"\s*(?:WEBVTT|\[Script Info\]|\d+\s*\r?\n\d\d:\d\d:\d\d[,.]\d{3} -->|\{\d+\}\{\d+\})")
_TOP_BOXES = {b"ftyp", b"mdat", b"free", b"skip", b"wide", b"uuid", b"styp", b"sidx", b"pnot"}


def file_kind(file: BinaryIO) -> Kind | None:
    """Tell what a file is that could not be read as a recording; None where its bytes say nothing."""
    size_bytes = file.seek(0, os.SEEK_END)
    file.seek(0)
    head = file.read(HEAD_BYTES).removeprefix(b"\xef\xbb\xbf")
    if not head:
        return Kind("an empty file", "The camera or the copy wrote nothing: copy it again from the card.")
    if not any(head):
        remedy = "The card was full, pulled out or is failing: copy it again, or let a laboratory read it."
        return Kind("a file of zeros, not a recording", remedy)
    return _photo(file, head, size_bytes) or _other(head) or _unfinished(file, head, size_bytes)


def photo_in(file: BinaryIO) -> Kind | None:
    """Tell a photo that FFmpeg would take for a recording of one frame, and whether it carries a video.

    Leaves the file at its beginning.
    """
    size_bytes = file.seek(0, os.SEEK_END)
    file.seek(0)
    head = file.read(HEAD_BYTES)
    found = _photo(file, head, size_bytes) if _is_heif(head) or _is_photograph(head) else None
    file.seek(0)
    return found


def _photo(file: BinaryIO, head: bytes, size_bytes: int) -> Kind | None:
    if not (_is_heif(head) or head.startswith(_PHOTOS) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")):
        return None
    name = "an Ultra HDR photo" if b"hdr-gain-map" in head or b"hdrgm:" in head else "a photo"
    seconds = _carried_seconds(file, size_bytes)
    if seconds is None:
        return Kind(f"{name}, not a recording", "Redact photos with a program for photos.")
    return Kind(
        f"{name}, not a recording; it carries a video of {seconds:.1f} s",
        "Export the video from the phone or its gallery (as MP4), and redact that; redact the photo as a photo.",
    )


def _is_heif(head: bytes) -> bool:
    return head[4:8] == b"ftyp" and head[8:12] in _PHOTO_BRANDS


def _is_photograph(head: bytes) -> bool:
    """A JPEG with the marks of a photo: a raw stream of JPEG pictures has none of them."""
    return head.startswith(b"\xff\xd8\xff") and any(mark in head for mark in (b"Exif\0", b"ns.adobe.com/xap", b"MPF\0"))


def _carried_seconds(file: BinaryIO, size_bytes: int) -> float | None:
    """How long the MP4 is that lies behind a photo's pictures; None where there is none."""
    if size_bytes > _MOST_PHOTO_BYTES:
        return None
    file.seek(0)
    content = file.read(_MOST_PHOTO_BYTES)
    at = content.rfind(b"ftyp") - 4
    if at <= 0:
        return None
    try:
        with av.open(BytesIO(content[at:]), "r", format="mp4") as container:
            return container.duration / av.time_base if container.duration and container.streams.video else None
    except (av.error.FFmpegError, ValueError, OSError):
        return None


def _other(head: bytes) -> Kind | None:
    start = head.lstrip()[:_TEXT_BYTES]
    if head[8:12] == b"WAVE" or (head[4:8] == b"ftyp" and head[8:12] in _SOUND_BRANDS):
        return _SOUND
    if _SUBTITLES.match(head):
        return Kind("subtitles or positions, not a recording", _CAMERA)
    found = next((kind for starts, kind in _STARTS if start.startswith(starts)), None)
    return found or (Kind("a text, not a recording", _CAMERA) if _is_text(head[:_TEXT_BYTES]) else None)


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4:
            return False
        text = head[: error.start].decode("utf-8")
    return all(character.isprintable() or character.isspace() for character in text)


def _unfinished(file: BinaryIO, head: bytes, size_bytes: int) -> Kind | None:
    """An MP4 of which the camera never wrote the index: boxes up to the end, and no ``moov`` or ``moof`` among them."""
    if head[4:8] not in _TOP_BOXES:
        return None
    at = 0
    while at + 8 <= size_bytes:
        file.seek(at)
        box = file.read(16)
        size = int.from_bytes(box[:4], "big")
        if box[4:8] not in _TOP_BOXES:
            return None
        size = int.from_bytes(box[8:16], "big") if size == 1 else size or size_bytes
        at += max(size, 8)
    return Kind(
        "the camera did not close this file: its index was never written",
        "Put the card back into that camera and switch it on: most cameras mend their last file so. Otherwise ask its "
        "maker. `bodycam vault ingest` keeps the file as it is meanwhile.",
    )
