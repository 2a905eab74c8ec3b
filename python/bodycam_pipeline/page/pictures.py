"""The pictures of one job: exact stills, the playing copy, its sound, and a sharp and a poor picture of each track.

Nothing of them touches a disk, and nothing is decoded here: boxes do that, one for each thing that a person may wait
for at once. What they answer is held to what was asked.
"""

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from bodycam_pipeline.rules.pieces import cut_pieces
from bodycam_pipeline.running.lasting import BoxOpener
from bodycam_pipeline.tasks import viewing
from bodycam_pipeline.tasks.viewing import ViewTask
from bodycam_pipeline.values.errors import WorkerError
from bodycam_pipeline.values.geometry import Box
from bodycam_pipeline.values.plan import PlanPart
from bodycam_pipeline.values.recording import AudioFacts, Recording
from bodycam_pipeline.values.timeline import Span

View = Literal["released", "original"]
PictureFormat = Literal["jpeg", "png"]

BINS = 4000
"""Stretches of the waveform."""

_STILLS_BYTES = 96 << 20
"""Decoded frames that the box of stills keeps: a second of 1080p, so that a step back costs nothing."""

_FEW_BYTES = 24 << 20
"""Decoded frames that the playing copy and the tracks' pictures keep each: they read onward."""

_KEPT_BYTES = 48 << 20
"""Coded pieces and small pictures that are kept."""

_BEGINS: dict[PictureFormat, bytes] = {"jpeg": b"\xff\xd8\xff", "png": b"\x89PNG\r\n\x1a\n"}
_CODEC = re.compile(r"avc1\.[0-9a-f]{6}")


class Kept:
    """Small results by name, the longest unused dropped first, up to a number of bytes. For any thread."""

    def __init__(self, most_bytes: int = _KEPT_BYTES) -> None:
        self._most, self._bytes = most_bytes, 0
        self._found: OrderedDict[object, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, name: object, make: Callable[[], bytes]) -> bytes:
        """What is kept under a name, made where nothing is."""
        with self._lock:
            found = self._found.get(name)
            if found is not None:
                self._found.move_to_end(name)
                return found
        made = make()
        with self._lock:
            self._bytes += len(made) - len(self._found.pop(name, b""))
            self._found[name] = made
            while self._bytes > self._most and len(self._found) > 1:
                self._bytes -= len(self._found.popitem(last=False)[1])
        return made


class Pictures:
    """The pictures of one recording; every method may be called from any thread."""

    def __init__(self, recording: Recording, boxes: BoxOpener) -> None:
        self.recording = recording
        self.shown = recording.packets.shown_pts()
        self.piece_firsts = cut_pieces(self.shown.tolist(), recording.video.time_base)
        self.kept = Kept()
        self._stills = boxes.open(ViewTask(recording, _STILLS_BYTES))
        self._playing, self._cards, self._sound = (boxes.open(ViewTask(recording, _FEW_BYTES)) for _ in range(3))

    def still(self, pts: int, plan: PlanPart | None, kind: PictureFormat = "jpeg") -> bytes:
        """The picture of one frame, upright; under a plan as the release shows it, without one as it was recorded.

        Raises:
            KeyError: the recording shows no frame at this pts.
            BodycamError: it could not be decoded, and nobody withheld it.
        """
        self._refuse_other(pts)
        return _of_kind(kind, self._stills.ask(viewing.still, pts, plan, kind))

    def codec(self) -> str:
        """The playing copy's codec, as a browser asks for it.

        Raises:
            BodycamError: it cannot be told.
        """
        return self.kept.get("codec", self._codec).decode()

    def initialisation(self) -> bytes:
        """The segment that the pieces of the playing copy are appended behind."""
        return self.kept.get("initialisation", lambda: self._playing.ask(viewing.initialisation))

    def piece(self, number: int, revision: str, plan: PlanPart | None) -> bytes:
        """One piece of the playing copy, under a plan of this revision or as it was recorded.

        Raises:
            IndexError: there is no such piece.
        """
        first = self.piece_firsts[number]
        end = self.piece_firsts[number + 1] if number + 1 < len(self.piece_firsts) else len(self.shown)
        wanted = [int(pts) for pts in self.shown[first:end]]
        end_pts = int(self.shown[end]) if end < len(self.shown) else self.recording.span.end_pts
        return self.kept.get(
            (number, revision), lambda: self._playing.ask(viewing.piece, number, wanted, end_pts, plan)
        )

    def crops(self, places: Sequence[tuple[int, Box]]) -> bytes:
        """Small pictures of boxes and what is around them, as it was recorded, side by side in one."""
        self._refuse_other(*(pts for pts, _ in places))
        return self.kept.get(("crops", *places), lambda: _of_kind("jpeg", self._cards.ask(viewing.crops, places)))

    def ranked(self, places: Sequence[tuple[int, Box]]) -> list[int]:
        """Positions of places in order of how sharp the picture is there, the sharpest first."""
        self._refuse_other(*(pts for pts, _ in places))
        order = self._cards.ask(viewing.ranked, places)
        if sorted(order) != list(range(len(places))):
            raise _odd()
        return list(order)

    def start_of_sound(self, sounds: Sequence[AudioFacts]) -> bytes:
        """The segment that the pieces of sound are appended behind."""
        return self.kept.get("sound", lambda: self._sound.ask(viewing.start_of_sound, sounds))

    def piece_of_sound(self, sounds: Sequence[AudioFacts], units: range, silent: Sequence[Span]) -> bytes:
        """One piece of the sound, silent in some spans."""
        named = ("sound", units, tuple(silent))
        return self.kept.get(named, lambda: self._sound.ask(viewing.piece_of_sound, sounds, units, silent))

    def waveform(self) -> bytes:
        """The loudest sample of each of `BINS` equal stretches of the picture's time, 0..255; empty without sound."""
        return self.kept.get("waveform", self._waveform)

    def close(self) -> None:
        """End the boxes."""
        for box in (self._stills, self._playing, self._cards, self._sound):
            box.close()

    def _codec(self) -> bytes:
        codec = self._playing.ask(viewing.codec)
        if not _CODEC.fullmatch(codec):
            raise _odd()
        return codec.encode()

    def _waveform(self) -> bytes:
        peaks = self._sound.ask(viewing.waveform, BINS)
        if len(peaks) not in (0, BINS):
            raise _odd()
        return peaks

    def _refuse_other(self, *wanted: int) -> None:
        for pts in wanted:
            place = int(np.searchsorted(self.shown, pts))
            if place >= len(self.shown) or self.shown[place] != pts:
                raise KeyError(pts)


def _of_kind(kind: PictureFormat, picture: bytes) -> bytes:
    """A picture that begins as its kind does: a browser takes any other for what it looks like, whatever it is told."""
    if not picture.startswith(_BEGINS[kind]):
        raise _odd()
    return picture


def _odd() -> WorkerError:
    return WorkerError(
        "the process that decodes this recording gave an answer that is none",
        remedy="Trust nothing that the page shows of this recording, and close it: the file may be made to harm.",
    )
