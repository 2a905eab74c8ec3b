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


_XML_HEAD = re.compile(rb"<\?xml[^>]*>\s*(?:<!--.*?-->\s*)*", re.DOTALL)
_OGG_PICTURES = re.compile(rb"\x80theora|BBCD\0|OVP80|\x01video\0")
"""How the first packet of a track of pictures begins in Ogg: Theora, Dirac, VP8, OGM."""

_TAR_MARK = slice(257, 262)
_ZIP_FLAGS_AT = 6

_CAMERA = "Look for the recording itself on the card or in the export: this file lies beside it."
_PHOTO_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"mif1", b"mif2", b"avif"}
_PHOTOS = (b"\x89PNG\r\n", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"\xff\xd8\xff")
_POSITIONS = Kind("subtitles or positions, not a recording", _CAMERA)
_SOUND = Kind("sound without pictures, not a recording", _CAMERA)
_PLAYLIST = Kind("a playlist, not a recording", "Name the files that it lists.")
_ARCHIVE = Kind("an archive, not a recording", "Unpack it, and name what is in it.")
_LOCKED = Kind("a locked archive, not a recording", "Unpack it with its password, and name what is in it.")
_AGAIN = "Export it once more from the camera's or the evidence system's software as MP4 (H.264 or H.265)."
_STARTS = (
    ((b"fLaC", b"ID3", b"#!AMR", b"MThd", b"\xff\xf1", b"\xff\xf9", b"\xff\xfb", b"OggS"), _SOUND),
    ((b"\x0bw", b".snd", b"caff", b"MAC ", b"wvpk", b"TTA1", b"#!SILK"), _SOUND),
    ((b"#EXTM3U", b"ffconcat version", b"[playlist]", b"<smil", b"<MPD", b"<ASX", b"<asx"), _PLAYLIST),
    ((b"PK\3\4", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd"), _ARCHIVE),
    ((b"<gpx", b"<kml", b"$GPGGA", b"$GPRMC", b"$GNRMC"), _POSITIONS),
    (
        (b".RMF", b"FWS", b"CWS", b"ZWS", b"nut/multimedia container", b"YUV4MPEG2", b"\x8aMNG"),
        Kind("a video in a format that is not taken here", _AGAIN),
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
_PIECE = Kind("a piece of a stream, without the part that says how it is coded", f"It is of no use alone. {_AGAIN}")
_PIECES = {b"styp", b"moof", b"sidx"}
"""The box with which a segment of a stream begins (ISO/IEC 14496-12, 8.16)."""

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
    if b"\xff\xd9\xff\xd8\xff" in head and not _is_photograph(head):
        return Kind("a bare stream of JPEG pictures, which is not taken here", _AGAIN)
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
    start = _XML_HEAD.sub(b"", head.lstrip()[:_TEXT_BYTES], count=1)
    named = (kind for starts, kind in _STARTS if head.startswith(starts) or start.startswith(starts))
    found = _marked(head) or next(named, None)
    return found or (Kind("a text, not a recording", _CAMERA) if _is_text(head[:_TEXT_BYTES]) else None)


def _marked(head: bytes) -> Kind | None:
    """Tell what does not say what it is with its first bytes alone."""
    marks = (
        (
            head.startswith(b"OggS") and _OGG_PICTURES.search(head),
            Kind("an Ogg video, which is not taken here", _AGAIN),
        ),
        (head[8:12] in {b"WAVE", b"AIFF", b"AIFC"}, _SOUND),
        (head[4:8] == b"ftyp" and head[8:12] in _SOUND_BRANDS, _SOUND),
        (_SUBTITLES.match(head), _POSITIONS),
        (head[_TAR_MARK] == b"ustar", _ARCHIVE),
        (head.startswith(b"PK\3\4") and head[_ZIP_FLAGS_AT] & 1, _LOCKED),
        (head[4:8] in _PIECES, _PIECE),
    )
    return next((kind for found, kind in marks if found), None)


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
