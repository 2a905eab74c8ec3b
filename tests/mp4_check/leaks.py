"""Ways in which a container has been seen to carry what nobody hands out, each planted into a finished file."""

import struct
from collections.abc import Callable
from pathlib import Path

from bodycam_pipeline.mp4.boxes import box, full_box
from tests.clips import Boxes

SECRET = b"47.6062,-122.3321 Officer 4471"


def _child(data: bytes, path: str, addition: bytes, *, first: bool = False) -> bytes:
    """The file with a box more inside the first box at a path; sizes and chunk offsets corrected."""
    walked = list(Boxes(data).walk())
    begin, end = next((begin, end) for found, begin, end in walked if found == path)
    at = begin if first else end
    out = bytearray(data[:at] + addition + data[at:])
    for found, start, stop in walked:
        if path == found or (path.startswith(f"{found}/") and start <= begin < stop):
            size = struct.unpack(">I", out[start - 8 : start - 4])[0]
            out[start - 8 : start - 4] = struct.pack(">I", size + len(addition))
    return _shifted(bytes(out), len(addition))


def _shifted(data: bytes, by: int) -> bytes:
    """The file with every chunk offset moved."""
    out = bytearray(data)
    for path, begin, end in Boxes(data).walk():
        if path.endswith("/stco"):
            for at in range(begin + 8, end, 4):
                out[at : at + 4] = struct.pack(">I", struct.unpack(">I", out[at : at + 4])[0] + by)
    return bytes(out)


def _track(data: bytes) -> bytes:
    begin, end = next((b, e) for found, b, e in Boxes(data).walk() if found == "moov/trak")
    return data[begin - 8 : end]


def trailing_bytes(data: bytes) -> bytes:
    return data + SECRET


def udta_gps(data: bytes) -> bytes:
    return _child(data, "moov", box(b"udta", box(b"\xa9xyz", struct.pack(">HH", len(SECRET), 0x15C7), SECRET)))


def cover_art(data: bytes) -> bytes:
    art = box(b"covr", box(b"data", struct.pack(">II", 13, 0), b"\xff\xd8\xff\xe0" + SECRET))
    return _child(data, "moov", box(b"udta", full_box(b"meta", box(b"ilst", art))))


def disabled_track(data: bytes) -> bytes:
    track = bytearray(_track(data))
    at = track.find(b"tkhd") + 4
    track[at : at + 4] = b"\0\0\0\2"  # in the movie, not enabled
    return _child(data, "moov", bytes(track))


def edit_list(data: bytes) -> bytes:
    entry = full_box(b"elst", struct.pack(">IIiI", 1, 400, 200, 0x10000))
    return _child(data, "moov/trak", box(b"edts", entry))


def unreferenced_mdat(data: bytes) -> bytes:
    at = data.find(b"mdat") - 4
    size = struct.unpack(">I", data[at : at + 4])[0]
    return data[:at] + struct.pack(">I", size + len(SECRET)) + data[at + 4 :] + SECRET


def data_in_free(data: bytes) -> bytes:
    at = data.find(b"mdat") - 4
    free = box(b"free", SECRET)
    return _shifted(data[:at] + free + data[at:], len(free))


def uuid(data: bytes) -> bytes:
    return data + box(b"uuid", bytes(16), SECRET)


def sei_user_data(data: bytes) -> bytes:
    """Into the first picture sample, with every table that counts its bytes corrected."""
    payload = bytes([5, 16 + len(SECRET)]) + bytes(range(16)) + SECRET + b"\x80"
    unit = b"\6" + payload
    more = struct.pack(">I", len(unit)) + unit
    at = data.find(b"mdat") + 4
    out = bytearray(data[:at] + more + data[at:])
    out[at - 8 : at - 4] = struct.pack(">I", struct.unpack(">I", out[at - 8 : at - 4])[0] + len(more))
    for path, begin, end in Boxes(data).walk():
        if path.endswith("/stsz"):
            out[begin + 12 : begin + 16] = struct.pack(
                ">I", struct.unpack(">I", out[begin + 12 : begin + 16])[0] + len(more)
            )
        if path.endswith("/stco"):
            for chunk in range(begin + 12, end, 4):  # all but the first
                out[chunk : chunk + 4] = struct.pack(">I", struct.unpack(">I", out[chunk : chunk + 4])[0] + len(more))
    return bytes(out)


def _other_track(data: bytes, handler: bytes) -> bytes:
    return _child(data, "moov", _track(data).replace(b"vide", handler))


def subtitle(data: bytes) -> bytes:
    return _other_track(data, b"sbtl")


def timecode(data: bytes) -> bytes:
    return _other_track(data, b"tmcd")


def second_mdat(data: bytes) -> bytes:
    return data + box(b"mdat", SECRET)


TWELVE: tuple[Callable[[bytes], bytes], ...] = (
    trailing_bytes,
    udta_gps,
    cover_art,
    disabled_track,
    edit_list,
    unreferenced_mdat,
    data_in_free,
    uuid,
    sei_user_data,
    subtitle,
    timecode,
    second_mdat,
)


def with_time_of_creation(data: bytes) -> bytes:
    at = data.find(b"mvhd") + 8
    return data[:at] + struct.pack(">I", 3_800_000_000) + data[at + 4 :]


def second_description(data: bytes) -> bytes:
    begin, end = next((b, e) for found, b, e in Boxes(data).walk() if found.endswith("/stsd"))
    out = bytearray(_child(data, next(f for f, b, _ in Boxes(data).walk() if b == begin), data[begin + 8 : end]))
    out[begin + 4 : begin + 8] = struct.pack(">I", 2)
    return bytes(out)


def named_handler(data: bytes) -> bytes:
    return _child(data, "moov/trak/mdia/hdlr", SECRET + b"\0")


def odd_matrix(data: bytes) -> bytes:
    at = data.find(b"tkhd") + 4 + 40
    return data[:at] + struct.pack(">i", 0x12345) + data[at + 4 :]


def marked_as_key(data: bytes) -> bytes:
    begin, end = next((b, e) for found, b, e in Boxes(data).walk() if found.endswith("/stss"))
    last = struct.unpack(">I", data[end - 4 : end])[0]
    assert end - begin > 12
    return data[: end - 4] + struct.pack(">I", last + 1) + data[end:]


def another_duration(data: bytes) -> bytes:
    at = data.find(b"mdhd") + 4 + 16
    return data[:at] + struct.pack(">I", struct.unpack(">I", data[at : at + 4])[0] + 7) + data[at + 4 :]


def odd_bits_in_sps(data: bytes) -> bytes:
    at = data.find(b"avcC") + 4
    size = struct.unpack(">H", data[at + 6 : at + 8])[0]
    last = at + 8 + size - 1
    return data[:last] + bytes([data[last] ^ 1]) + data[last + 1 :]


MORE: tuple[Callable[[bytes], bytes], ...] = (
    with_time_of_creation,
    second_description,
    named_handler,
    odd_matrix,
    marked_as_key,
    another_duration,
    odd_bits_in_sps,
)


def planted(path: Path, leak: Callable[[bytes], bytes], folder: Path) -> Path:
    """A copy of a finished file with the leak in it."""
    out = folder / f"{leak.__name__}.mp4"
    changed = leak(path.read_bytes())
    assert changed != path.read_bytes()
    out.write_bytes(changed)
    return out
