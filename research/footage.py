"""Clips with complete truth, looked at once: what the networks said, and the footage to follow it through."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from bodycam_pipeline._native import Pyramid
from bodycam_pipeline.following.footage import Footage, Observation
from bodycam_pipeline.following.observations import observed
from bodycam_pipeline.passes import parts_of
from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.steps.detect import frames_of
from bodycam_pipeline.steps.key_frames import KeyFrames
from bodycam_pipeline.values.detection import Detection, Kind
from bodycam_pipeline.values.evidence import Evidence
from bodycam_pipeline.values.geometry import Box
from bodycam_pipeline.values.recording import Recording
from bodycam_pipeline.vision.detector import Detector
from bodycam_pipeline.vision.looking import Looking

CUT_DIFFERENCE = 48.0


@dataclass(frozen=True)
class Labelled:
    """One box of one thing in one frame.

    Attributes:
        thing: Which thing of its clip.
        flag: ``must``, ``may`` or ``ignore``.
        kind: ``face``, ``head_from_behind`` or ``plate``.
        box: In pixels of the upright frame.
    """

    thing: int
    flag: str
    kind: str
    box: Box


@dataclass(frozen=True)
class Looked:
    """One clip, and everything that the networks saw in it.

    Attributes:
        path: The recording.
        facts: Its entry in ``truth.json``.
        detections: Of every frame that decoded; None where nobody looked.
        since_cut: How many frames came before each of these since the scene changed.
        finest: Pixels of the finest tensor per pixel of the upright frame.
    """

    path: Path
    facts: Mapping[str, Any]
    detections: tuple[tuple[Detection, ...] | None, ...]
    since_cut: tuple[int, ...]
    finest: float

    @property
    def name(self) -> str:
        """What the truth calls it."""
        return self.path.name

    @cached_property
    def recording(self) -> Recording:
        """The recording as it was probed."""
        return probe(str(self.path))

    @cached_property
    def truth(self) -> dict[int, list[Labelled]]:
        """What is labelled in each frame."""
        found: dict[int, list[Labelled]] = {}
        for thing in self.facts["things"]:
            for frame, flag, kind, *sides in thing["boxes"]:
                found.setdefault(frame, []).append(Labelled(thing["id"], flag, kind, Box(*map(float, sides))))
        return found

    def teaches(self, kind: Kind, is_thing: bool) -> bool:
        """Whether what is labelled, or what is not, says anything of a kind; of clips with complete truth, both do."""
        teaches = self.facts.get("teaches")
        return teaches is None or kind in teaches["things" if is_thing else "nobody"]

    def observations(self, evidence: Evidence, networks: int) -> list[list[Observation] | None]:
        """What was seen in each frame, with its odds."""
        return [None if seen is None else observed(seen, evidence, networks, self.finest) for seen in self.detections]

    def thinned_out(self, evidence: Evidence, networks: int, interval: int) -> "Looked":
        """Keep only those looks that `bodycam_pipeline.steps.key_frames.KeyFrames` would have taken."""
        seconds = self.recording.packets.shown_pts() * float(self.recording.video.time_base)
        due, kept = KeyFrames(interval, seconds, thin_out=True), []
        seen_by_frame = self.observations(evidence, networks)
        for since, detections, seen in zip(self.since_cut, self.detections, seen_by_frame, strict=True):
            taken = due(0, since)
            kept.append(detections if taken else None)
            if taken:
                due.saw(partial(list, seen or []))
        return replace(self, detections=tuple(kept))

    def footage(self, evidence: Evidence, networks: int) -> Footage:
        """The whole clip as one stretch, decoded anew."""
        footage = Footage(self.recording.video.upright_size, CUT_DIFFERENCE)
        time_base = self.recording.video.time_base
        pairs = zip(decoded(self.recording), self.observations(evidence, networks), strict=True)
        for (pts, pyramid), seen in pairs:
            footage.add(float(pts * time_base), pyramid)
            footage.saw(seen)
        return footage


def clips(folder: Path) -> dict[str, Mapping[str, Any]]:
    """The clips of ``truth.json`` in a folder, by name."""
    return dict(json.loads((folder / "truth.json").read_text())["clips"])


def decoded(recording: Recording) -> Iterator[tuple[int, Pyramid]]:
    """Every frame of a recording that decodes, as the follower sees it."""
    orientation = int(recording.video.orientation)
    for part in parts_of(recording):
        for pts, frame in frames_of(part):
            if frame is not None:
                yield pts, Pyramid(frame, orientation=orientation)


def look(path: Path, facts: Mapping[str, Any], looking: Sequence[Looking], due: Callable[[int], bool]) -> Looked:
    """Look at a clip.

    Args:
        path: The recording.
        facts: Its truth.
        looking: Who looks.
        due: At which frames since the scene changed.
    """
    recording = probe(str(path))
    detector = Detector(looking, recording.video)
    footage = Footage(recording.video.upright_size, CUT_DIFFERENCE)
    found: list[tuple[Detection, ...] | None] = []
    cuts: list[int] = []
    since = 0
    for part in parts_of(recording):
        for pts, frame in frames_of(part):
            if frame is not None:
                pyramid = Pyramid(frame, orientation=int(recording.video.orientation))
                since = 0 if footage.add(float(pts * recording.video.time_base), pyramid) else since
                footage.pyramids.clear()
                found.append(tuple(detector.look(frame)) if due(since) else None)
                cuts.append(since)
                since += 1
    return Looked(path, facts, tuple(found), tuple(cuts), detector.finest)
