"""Every frame of a recording, looked at once, so that plans can be made of the same looks in many ways."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bodycam_pipeline.media.probe import probe
from bodycam_pipeline.rules.planning import make_plan
from bodycam_pipeline.rules.segments import split
from bodycam_pipeline.running.runner import Runner
from bodycam_pipeline.steps.detect import DetectTask, detect_segment
from bodycam_pipeline.values.errors import Place
from bodycam_pipeline.values.looks import Looks
from bodycam_pipeline.values.model import Model
from bodycam_pipeline.values.plan import Plan
from bodycam_pipeline.values.policy import DetectionRule, Policy
from bodycam_pipeline.values.recording import Recording


@dataclass(frozen=True)
class Seen:
    """One recording, looked at once.

    Attributes:
        recording: As probed.
        looks: Every frame.
        undecodable_pts: Frames that the decoder did not give.
    """

    recording: Recording
    looks: Looks
    undecodable_pts: tuple[int, ...]


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


def look_at(path: Path, eyes: Eyes) -> Seen:
    """Look at every frame of a recording.

    Args:
        path: The recording.
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
    return Seen(
        recording,
        Looks.joined(part.looks for part in ordered if part),
        tuple(pts for part in ordered if part for pts in part.undecodable_pts),
    )


def planned(seen: Seen, policy: Policy) -> Plan:
    """What a policy makes of the looks."""
    return make_plan(seen.recording, seen.looks, seen.undecodable_pts, policy, {})
