"""Where a finished file can be heard although it must be silent: decoded, sample by sample, as a player would."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import ceil, floor
from pathlib import Path

import numpy as np

from bodycam_pipeline.read.container import open_container, prepare_sound_decoder
from bodycam_pipeline.values.timeline import format_clock

Stretch = tuple[Fraction, Fraction | None]
"""Seconds from and to; None is the end."""


def sound_in(path: Path, silent: Sequence[Stretch]) -> Iterator[str]:
    """The first sample of each sound track in each silent stretch that is no digital silence; nothing where all are.

    Raises:
        UnreadableRecordingError: the sound does not decode.
    """
    with open_container(str(path)) as container:
        tracks = len(container.streams.audio)
    for number in range(tracks):
        yield from _heard(path, number, silent)


def _heard(path: Path, track: int, silent: Sequence[Stretch]) -> Iterator[str]:
    reported: set[int] = set()
    with open_container(str(path)) as container:
        stream = container.streams.audio[track]
        prepare_sound_decoder(stream)
        rate = stream.codec_context.sample_rate
        runs = [(floor(start * rate), None if end is None else ceil(end * rate)) for start, end in silent]
        for frame in container.decode(stream):
            position = round((frame.pts or 0) * (frame.time_base or 0) * rate)
            pcm = np.asarray(frame.to_ndarray())
            for number, (first, end) in enumerate(runs):
                part = pcm[:, max(0, first - position) : None if end is None else max(0, end - position)]
                if number not in reported and part.any():
                    reported.add(number)
                    yield f"sound at {format_clock(Fraction(position, rate))}, where there must be none"
