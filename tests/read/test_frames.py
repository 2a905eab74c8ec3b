"""Exact stills: the frame of a pts is that of a decode of the whole recording; the playing copy keeps every time."""

import io
import random
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from bodycam_pipeline.mp4.proxy import ProxyEncoder
from bodycam_pipeline.read.frames import FrameFinder
from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.read.upright import encode_still, upright_pixels
from bodycam_pipeline.rules.pieces import cut_pieces
from bodycam_pipeline.values.geometry import Orientation
from tests.clips import Turn, clip, number_of, planes_of

UNEVEN = [900 + sum(20 + 17 * (n % 5) for n in range(upto)) for upto in range(60)]
"""Variable frame rate that begins at 0.9 s."""


@pytest.fixture(scope="module")
def uneven(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """B-frames, variable frame rate, turned, and a start that is not 0."""
    return clip(tmp_path_factory.mktemp("frames") / "uneven.mp4", pts=UNEVEN, turn=Turn(90))


def test_a_still_is_the_frame_of_its_pts_in_any_order(uneven: Path) -> None:
    recording = probe(str(uneven))
    finder = FrameFinder(recording, budget_bytes=0)
    shown = recording.packets.shown_pts().tolist()
    order = [*range(60), *random.Random(7).sample(range(60), 60), *range(59, -1, -1)]  # noqa: S311
    for number in order:
        frame = finder.at(shown[number]).frame
        assert frame is not None
        assert number_of(frame) == number


def test_no_frame_is_made_up_between_two(uneven: Path) -> None:
    recording = probe(str(uneven))
    with pytest.raises(KeyError):
        FrameFinder(recording, 0).at(int(recording.packets.shown_pts()[3]) + 1)


@pytest.mark.parametrize("turn", [Turn(0), Turn(90), Turn(180), Turn(270, mirrored=True)], ids=str)
def test_pixels_are_turned_as_the_display_matrix_says(turn: Turn, tmp_path: Path) -> None:
    recording = probe(str(clip(tmp_path / "a.mp4", frames=2, turn=turn)))
    video = recording.video
    frame = FrameFinder(recording, 0).at(int(recording.packets.shown_pts()[0])).frame
    assert frame is not None
    pixels = upright_pixels(frame, video)
    still = Image.open(io.BytesIO(encode_still(frame, video, "png")))
    assert (still.mode, np.array_equal(np.asarray(still), pixels)) == ("RGB", True)
    coded = np.asarray(Image.open(io.BytesIO(encode_still(frame, video))), np.int16)
    assert np.abs(coded - pixels).mean() < 3
    assert pixels.shape[1::-1] == video.upright_size
    luma = planes_of(frame).luma.astype(int)
    turned = {  # EXIF 2.3, tag 0x0112
        Orientation.UPRIGHT: luma,
        Orientation.HALF_TURN: luma[::-1, ::-1],
        Orientation.QUARTER_TURN: np.rot90(luma, -1),
        Orientation.THREE_QUARTER_TURN: np.rot90(luma),
        Orientation.TRANSPOSED: luma.T,
        Orientation.TRANSVERSED: luma[::-1, ::-1].T,
    }[video.orientation]
    assert np.corrcoef(pixels.mean(axis=2).ravel(), turned.ravel())[0, 1] > 0.9


def test_the_playing_copy_has_every_frame_at_its_own_time(uneven: Path) -> None:
    recording = probe(str(uneven))
    shown, finder = recording.packets.shown_pts().tolist(), FrameFinder(recording, 0)
    proxy = ProxyEncoder(recording.video, shown[0])
    firsts = cut_pieces(shown, recording.video.time_base)
    assert len(firsts) > 2
    whole = proxy.initialisation()
    for number, first in enumerate(firsts):
        end = firsts[number + 1] if number + 1 < len(firsts) else len(shown)
        frames = (finder.at(pts).frame for pts in shown[first:end])
        end_pts = shown[end] if end < len(shown) else recording.span.end_pts
        whole += proxy.piece(number, (frame for frame in frames if frame is not None), end_pts)
    with av.open(io.BytesIO(whole)) as container:
        stream = container.streams.video[0]
        seconds = [float(frame.pts * stream.time_base) for frame in container.decode(stream)]  # type: ignore[operator]
        assert (stream.width, stream.height) == recording.video.upright_size
    wanted = [float((pts - shown[0]) * recording.video.time_base) for pts in shown]
    assert seconds == pytest.approx(wanted, abs=1e-9)
