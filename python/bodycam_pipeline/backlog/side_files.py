"""What cameras, computers and people put beside recordings, told by its name."""

from pathlib import PurePath


def _endings(kind: str, endings: str) -> dict[str, str]:
    return {f".{ending}": kind for ending in endings.split()}


_KINDS = (
    _endings("a thumbnail", "thm ctg")
    | _endings("a smaller copy of a recording", "lrv lrf glv")
    | _endings("captions or positions beside a recording", "srt ass vtt sub idx smi")
    | _endings("positions beside a recording", "gpx nmea kml kmz fit gps tcx igc")
    | _endings("a photo", "jpg jpeg jpe png gif bmp tif tiff webp heic heif avif dng gpr arw cr2 cr3 nef insp")
    | _endings("sound without pictures", "wav mp3 m4a aac flac ogg oga opus amr wma aif aiff caf")
    | _endings("a playlist", "m3u m3u8 pls mpl mpls xspf wpl")
    | _endings("a computer's own file", "db ini lnk url sys inf")
    | _endings("a checksum", "md5 sha1 sha256 sfv sig asc p7s")
    | _endings("a document or a program", "doc docx xls xlsx rtf exe msi dll apk htm css js")
)
"""An archive is none of these: it may hold recordings, and somebody has to unpack it."""


def side_file(name: str) -> str | None:
    """What a file is that is no recording by its name, in words; None for what may be one."""
    file = PurePath(name).name
    if file.startswith("._") or file == ".DS_Store":
        return "a computer's own file"
    return _KINDS.get(PurePath(file).suffix.lower())
