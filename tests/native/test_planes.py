"""What may enter: three C-contiguous byte buffers, large enough, and nothing that would have to be repaired."""

import av
import numpy as np
import pytest

from bodycam_pipeline import _native
from tests.native.pictures import noise, regions


def buffers(width: int, height: int) -> list[bytearray]:
    chroma = -(-width // 2) * -(-height // 2)
    return [bytearray(width * height), bytearray(chroma), bytearray(chroma)]


def test_borrows_without_copying() -> None:
    luma, blue, red = buffers(4, 2)
    planes = _native.Planes(luma, blue, red, strides=(4, 2, 2), width=4, height=2)
    assert (planes.width, planes.height, planes.writable) == (4, 2, True)
    _native.redact(planes, regions((0, 0, 4, 1)), style="fill", colour=(9, 8, 7))
    assert (bytes(luma), bytes(blue), bytes(red)) == (b"\x09" * 4 + b"\0" * 4, b"\x08" * 2, b"\x07" * 2)


def test_keeps_its_buffers_alive_and_in_place() -> None:
    luma, blue, red = buffers(4, 2)
    planes = _native.Planes(luma, blue, red, strides=(4, 2, 2), width=4, height=2)
    with pytest.raises(BufferError):
        luma.append(0)
    del planes
    luma.append(0)


def test_takes_the_planes_of_a_decoded_frame() -> None:
    frame = av.VideoFrame(50, 30, "yuv420p")
    strides = tuple(plane.line_size for plane in frame.planes)
    assert strides[0] > 50
    planes = _native.Planes(*frame.planes, strides=strides, width=frame.width, height=frame.height)
    _native.redact(planes, regions((0, 0, 50, 30)), style="fill", colour=(1, 2, 3))
    assert {bytes(plane)[0] for plane in frame.planes} == {1, 2, 3}


def test_bytes_can_be_read_and_not_written() -> None:
    planes = _native.Planes(bytes(8), bytes(2), bytes(2), strides=(4, 2, 2), width=4, height=2)
    assert not planes.writable
    assert len(_native.frame_digest(planes)) == 32
    with pytest.raises(BufferError, match="make_writable"):
        _native.redact(planes, regions((0, 0, 1, 1)), style="fill")


def test_one_read_only_plane_is_enough_to_refuse() -> None:
    luma, blue, _ = buffers(4, 2)
    planes = _native.Planes(luma, blue, b"rr", strides=(4, 2, 2), width=4, height=2)
    with pytest.raises(BufferError):
        _native.redact(planes, regions((0, 0, 4, 2)), style="fill")
    assert (luma, blue) == (bytearray(8), bytearray(2))


def test_the_padding_behind_the_last_row_may_be_missing() -> None:
    _native.Planes(bytes(16 + 5), bytes(8 + 3), bytes(8 + 3), strides=(8, 8, 8), width=5, height=3)
    with pytest.raises(BufferError, match="luma"):
        _native.Planes(bytes(16 + 4), bytes(8 + 3), bytes(8 + 3), strides=(8, 8, 8), width=5, height=3)
    with pytest.raises(BufferError, match="red"):
        _native.Planes(bytes(16 + 5), bytes(8 + 3), bytes(8 + 2), strides=(8, 8, 8), width=5, height=3)


def test_refuses_a_stride_below_its_row() -> None:
    for strides in [(3, 2, 2), (4, 1, 2), (4, 2, 1), (4, 2, 0)]:
        with pytest.raises(ValueError, match="stride"):
            _native.Planes(*buffers(4, 2), strides=strides, width=4, height=2)


def test_refuses_numbers_that_are_no_size() -> None:
    for width, height in [(0, 2), (4, 0), (-4, 2), (4, -2)]:
        with pytest.raises(ValueError, match=r"1x1|negative"):
            _native.Planes(*buffers(4, 2), strides=(4, 2, 2), width=width, height=height)
    with pytest.raises(ValueError, match="negative"):
        _native.Planes(*buffers(4, 2), strides=(-4, 2, 2), width=4, height=2)


def test_refuses_a_size_that_no_buffer_holds() -> None:
    huge = 2**62
    with pytest.raises(BufferError):
        _native.Planes(*buffers(4, 2), strides=(huge, huge, huge), width=huge, height=huge)


def test_refuses_other_than_bytes() -> None:
    with pytest.raises(BufferError):
        _native.Planes(np.zeros(8, np.int16), bytes(2), bytes(2), strides=(4, 2, 2), width=4, height=2)
    with pytest.raises(BufferError):
        _native.Planes(np.zeros(8, np.float32), bytes(2), bytes(2), strides=(4, 2, 2), width=4, height=2)
    with pytest.raises(TypeError):
        _native.Planes([0] * 8, bytes(2), bytes(2), strides=(4, 2, 2), width=4, height=2)  # type: ignore[arg-type]


def test_refuses_bytes_that_do_not_lie_in_order() -> None:
    for luma in (np.zeros((2, 8), np.uint8)[:, ::2], np.zeros((4, 2), np.uint8).T):
        with pytest.raises(BufferError, match="C-contiguous"):
            _native.Planes(luma, bytes(2), bytes(2), strides=(4, 2, 2), width=4, height=2)


def test_refuses_to_write_planes_that_share_memory() -> None:
    whole = np.zeros(16, np.uint8)
    planes = _native.Planes(whole[:8], whole[7:9], whole[9:11], strides=(4, 2, 2), width=4, height=2)
    with pytest.raises(BufferError, match="share memory"):
        _native.redact(planes, regions((0, 0, 4, 2)), style="fill")
    assert not whole.any()


def test_planes_side_by_side_in_one_buffer_can_be_written() -> None:
    whole = np.zeros(12, np.uint8)
    planes = _native.Planes(whole[:8], whole[8:10], whole[10:], strides=(4, 2, 2), width=4, height=2)
    _native.redact(planes, regions((0, 0, 4, 2)), style="fill", colour=(1, 2, 3))
    assert whole.tolist() == [1] * 8 + [2] * 2 + [3] * 2


def test_says_which_build_it_is() -> None:
    assert _native.build_profile in {"debug", "release"}
    assert _native.__version__


def test_a_frame_that_is_read_can_be_read_twice_at_once() -> None:
    picture = noise(64, 32)
    planes = picture.planes
    target = np.zeros((2, 3, 32, 64), np.float32)
    _native.Letterbox().fill([planes, planes], [target])
    assert np.array_equal(target[0], target[1])
