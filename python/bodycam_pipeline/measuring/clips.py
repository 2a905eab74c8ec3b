"""Detectors on recordings, through linking and planning: is what is there hidden in every frame, and what else is?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bodycam_pipeline.foreign import parse_json, read_bytes
from bodycam_pipeline.media.probe import probe
from bodycam_pipeline.rules.coverage import Coverage, TrueBox, hidden_share, measure
from bodycam_pipeline.rules.planning import make_plan
from bodycam_pipeline.rules.segments import split
from bodycam_pipeline.running.runner import Runner
from bodycam_pipeline.steps.detect import DetectTask, detect_segment
from bodycam_pipeline.values.detection import KINDS, Kind
from bodycam_pipeline.values.errors import DatasetError, Place
from bodycam_pipeline.values.geometry import Box
from bodycam_pipeline.values.looks import Looks
from bodycam_pipeline.values.model import Model
from bodycam_pipeline.values.plan import Plan
from bodycam_pipeline.values.policy import DetectionRule, Policy
from bodycam_pipeline.values.recording import Recording

TRUTH = "ground_truth.json"
HALF = 0.5
"""Of a thing that stands behind another: less of it is not asked for."""

COUNTED = "sure"
"""The flag of boxes that everybody agrees on; ``small``, turned and half-hidden ones are labelled with others."""


MOST_TRUTH_BYTES = 1 << 30
"""A made-up hour says where every thing is in every frame."""


@dataclass(frozen=True)
class Seen:
    """One recording, looked at once.

    Attributes:
        recording: As probed.
        looks: Every frame.
        undecodable_pts: Frames that the decoder did not give.
        truth: What is labelled in it.
        empty: Whether nothing is there to find, so that every track is a false one.
    """

    recording: Recording
    looks: Looks
    undecodable_pts: tuple[int, ...]
    truth: tuple[TrueBox, ...]
    empty: bool

    @property
    def minutes(self) -> float:
        """How long it lasts."""
        span, base = self.recording.span, self.recording.video.time_base
        return float((span.end_pts - span.start_pts) * base) / 60


@dataclass(frozen=True)
class Covered:
    """One recording and what a plan hides of it.

    Attributes:
        clip: Its name.
        coverage: Every labelled thing.
        area: Mean share of a frame that is hidden.
        minutes: How long it lasts.
        tracks: How many there are of each kind.
        empty: As in `Seen`.
    """

    clip: str
    coverage: Coverage
    area: float
    minutes: float
    tracks: Mapping[Kind, int]
    empty: bool


def clips_in(folder: Path, empty: Sequence[str]) -> dict[str, list[tuple[int, TrueBox]]]:
    """The labelled recordings of a folder, with the frame number of every box, and the empty ones beside them.

    Labels are ``{"clips": {NAME: {"frames": {NUMBER: [{"id", "kind", "box", "flag"}]}}}}`` in `TRUTH`, boxes as left,
    top, right, bottom in pixels of the coded frame; boxes flagged other than `COUNTED` are left out.

    Raises:
        DatasetError: labels that cannot be read, or a recording that is not there.
    """
    path = folder / TRUTH
    try:
        labelled = parse_json(read_bytes(path))["clips"]
        clips = {name: list(_boxes(facts["frames"])) for name, facts in labelled.items()}
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise DatasetError(
            f"cannot read {path}: {error!r}", remedy="Name a folder with labelled recordings."
        ) from error
    clips |= {name: [] for name in empty}
    if missing := [name for name in clips if not (folder / name).is_file()]:
        raise DatasetError(f"{folder} has no {', '.join(missing)}", remedy="Fetch the data set again.")
    return clips


def _boxes(frames: Mapping[str, Sequence[Mapping[str, object]]]) -> Iterator[tuple[int, TrueBox]]:
    for number, things in frames.items():
        for thing in things:
            if thing["flag"] == COUNTED and thing["kind"] in KINDS:
                box = Box(*thing["box"])  # type: ignore[misc]
                yield int(number), TrueBox(0, thing["kind"], thing["id"], box)  # type: ignore[arg-type]


def what_shows(truth: Path) -> list[TrueBox]:
    """What shows of each face and plate of a made-up recording, where that is half of it at least.

    Args:
        truth: Written beside the recording.

    Raises:
        DatasetError: it is not such a truth, or of an earlier version, which did not say what shows.
    """
    try:
        frames = parse_json(read_bytes(truth, MOST_TRUTH_BYTES))["frames"]
        return [
            TrueBox(int(pts), each["kind"], each["id"], Box(*each["seen"]))
            for pts, things in frames.items()
            for each in things
            if each["visible"] >= HALF
        ]
    except (OSError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise DatasetError(
            f"{truth} does not say what shows in each frame: {error!r}",
            remedy="Name the file that this version of `bodycam demo` writes beside its recording.",
        ) from error


@dataclass(frozen=True)
class Eyes:
    """Who looks, how closely, and where.

    Attributes:
        models: Those of the rule.
        rule: How closely, and how often.
        runner: Runs the steps.
        folder: Takes what was seen while it is collected.
    """

    models: Sequence[Model]
    rule: DetectionRule
    runner: Runner
    folder: Path


def look_at(path: Path, boxes: Sequence[tuple[int, TrueBox]], eyes: Eyes) -> Seen:
    """Look at every frame of a recording.

    Args:
        path: The recording; without boxes it is taken as an empty one.
        boxes: What is labelled in it, by frame number.
        eyes: Who looks.

    Raises:
        BodycamError: refused.
    """
    recording = probe(str(path))
    tasks = [
        DetectTask(
            recording.address,
            recording.video,
            recording.packets.part(segment.first_packet, segment.end_packet),
            segment,
            tuple(eyes.models),
            eyes.rule,
            str(eyes.folder / f"{path.name}-{segment.number}.parquet"),
        )
        for segment in split(recording)
    ]
    found = {}
    for outcome in eyes.runner.run(detect_segment, tasks):
        if outcome.error is not None:
            raise outcome.error.at(Place(recording.name, segment=outcome.number))
        found[outcome.number] = outcome.result
    ordered = [found[number] for number in sorted(found)]
    shown = recording.packets.shown_pts()
    return Seen(
        recording,
        Looks.joined(part.looks for part in ordered if part),
        tuple(pts for part in ordered if part for pts in part.undecodable_pts),
        tuple(replace(box, pts=int(shown[number])) for number, box in boxes),
        not boxes,
    )


def cover(seen: Seen, policy: Policy) -> Covered:
    """What a plan made of these looks hides."""
    plan = make_plan(seen.recording, seen.looks, seen.undecodable_pts, policy, {})
    tracks = {kind: plan.tracks().get(kind, 0) for kind in KINDS}
    name = Path(seen.recording.address).name
    return Covered(name, measure(plan, seen.truth), hidden_area(plan, seen.recording), seen.minutes, tracks, seen.empty)


def hidden_area(plan: Plan, recording: Recording) -> float:
    """Mean share of a frame that lies under regions, counted once where they overlap."""
    video, shown = recording.video, recording.packets.shown_pts()
    whole, part = Box(0, 0, video.width, video.height), plan.part(recording.span)
    return sum(hidden_share(whole, part.at(int(pts))[0]) for pts in shown) / len(shown)
