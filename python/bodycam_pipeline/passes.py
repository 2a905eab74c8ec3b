"""The passes over the pixels: each maps one step over the segments, on whatever runner there is."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Literal, TypeVar

from bodycam_pipeline.evidence.sketches_file import sketches_path
from bodycam_pipeline.media.copying import joining
from bodycam_pipeline.media.probe import probe
from bodycam_pipeline.release.job import Job
from bodycam_pipeline.release.report import sheet_times
from bodycam_pipeline.release.staging import Staged
from bodycam_pipeline.rules.segments import split
from bodycam_pipeline.running.runner import Runner
from bodycam_pipeline.steps.audit import Audit, AuditTask, audit_segment
from bodycam_pipeline.steps.detect import DetectTask, detect_segment
from bodycam_pipeline.steps.observe import ObserveTask, observe_segment
from bodycam_pipeline.steps.render import RenderTask, render_segment
from bodycam_pipeline.steps.sound import SoundTask, render_sound_track
from bodycam_pipeline.values.encoded import EncodedAudio, EncodedSegment
from bodycam_pipeline.values.errors import Place
from bodycam_pipeline.values.looks import SegmentLooks
from bodycam_pipeline.values.observed import SegmentObservation
from bodycam_pipeline.values.plan import Plan, PlanPart
from bodycam_pipeline.values.policy import RedactionRule
from bodycam_pipeline.values.recording import PacketIndex, Recording, Segment
from bodycam_pipeline.values.timeline import ReleaseClock

Phase = Literal["detect", "render", "verify", "audit"]
Watch = Callable[[Phase, int, int], None]
"""Told after every segment: the phase, the frames done so far, the frames in all."""

Task = TypeVar("Task")
Result = TypeVar("Result")


def unwatched(_phase: Phase, _frames_done: int, _frames: int) -> None:
    """Nobody is watching."""


@dataclass(frozen=True)
class Pass(Generic[Task, Result]):
    """One step over every segment of one file."""

    phase: Phase
    step: Callable[[Task], Result]
    task: Callable[[Segment], Task]

    def over(self, file: Recording, runner: Runner, watch: Watch) -> list[Result]:
        """Run the step on every segment; results in the order of the segments.

        Raises:
            BodycamError: the first segment that was refused, named.
        """
        segments = split(file)
        frames = sum(segment.frames for segment in segments)
        results: dict[int, Result] = {}
        done = 0
        for outcome in runner.run(self.step, [self.task(segment) for segment in segments]):
            if outcome.error is not None:
                raise outcome.error.at(Place(file.name, segment=outcome.number))
            results[outcome.number] = outcome.result  # type: ignore[assignment]
            done += segments[outcome.number].frames
            watch(self.phase, done, frames)
        return [results[number] for number in range(len(segments))]


def look_at_every_frame(job: Job, runner: Runner, watch: Watch) -> list[SegmentLooks]:
    """The first pass: every frame decoded and looked at."""
    source, rule = job.recording, job.policy.detection
    copies = joining(source.video, job.policy.encoding) is not None

    def task(segment: Segment) -> DetectTask:
        result = job.detections / f"{segment.number:06d}.parquet"
        digests = digests_path(job, segment) if copies else None
        return DetectTask(
            source.address, source.video, _packets(source, segment), segment, job.models, rule, str(result), digests
        )

    return Pass("detect", detect_segment, task).over(source, runner, watch)


def render_every_frame(job: Job, plan: Plan, runner: Runner, watch: Watch) -> list[EncodedSegment]:
    """The second pass: every frame decoded again, hidden as planned, and encoded."""
    source, policy = job.recording, job.policy
    job.folders.open_staging()
    folder = job.samples(plan)
    folder.mkdir(parents=True, exist_ok=True)

    def task(segment: Segment) -> RenderTask:
        part = plan.part(segment.span, policy.drawn_codes)
        return RenderTask(
            source.address,
            source.video,
            _packets(source, segment),
            segment,
            part,
            policy.redaction,
            policy.encoding,
            digests_path(job, segment),
            _samples_path(job, plan, segment),
        )

    return Pass("render", render_segment, task).over(source, runner, watch)


def render_sound(job: Job, plan: Plan, runner: Runner) -> EncodedAudio | None:
    """The sound as the policy wants it, in one piece; None where the release has none.

    What may not be seen may not be heard: withheld time is silent as muted time is.
    """
    source, rule = job.recording, job.policy.audio
    if source.audio is None or rule.policy == "remove":
        return None
    silent = (*(m.span for m in plan.muted), *(w.span for w in plan.withheld))
    path = job.samples(plan) / "sound.aac"
    (outcome,) = runner.run(render_sound_track, [SoundTask(source, rule, silent, str(path))])
    if outcome.error is not None:
        raise outcome.error.at(Place(source.name))
    return outcome.result


def observe_every_frame(job: Job, plan: Plan, staged: Staged, runner: Runner, watch: Watch) -> list[SegmentObservation]:
    """The last look: the finished file decoded as a stranger would, frame by frame, against the plan.

    The second look is made of the same decoding; `audit_every_frame` tells what it saw.
    """
    finished, clock, policy = probe(str(staged.video)), staged.clock, job.policy
    shown, audit_of = sheet_times(job.recording), _audits(job, finished)
    rendered = split(job.recording)

    def task(segment: Segment) -> ObserveTask:
        span, packets = clock.span_to_recording(segment.span), _packets(finished, segment)
        first = bisect_right(rendered, span.start_pts, key=lambda s: s.span.end_pts)
        end = bisect_left(rendered, span.end_pts, key=lambda s: s.span.start_pts)
        sketches = tuple(str(sketches_path(_samples_path(job, plan, s))) for s in rendered[first:end])
        part = plan.part(span, policy.drawn_codes)
        audit = audit_of(segment) if job.auditors else None
        return ObserveTask(
            finished.address, finished.video, packets, segment, part, policy.redaction, clock, sketches, shown, audit
        )

    return Pass("verify", observe_segment, task).over(finished, runner, watch)


def audit_every_frame(job: Job, staged: Staged, runner: Runner, watch: Watch) -> list[SegmentLooks]:
    """The second look: a network that is not the painter looks at the finished file, frame by frame.

    Results are kept under the digest of the file: what was seen while it was decoded to be verified, or by a run that
    was cut off, is not looked at again.
    """
    finished = probe(str(staged.video))
    audit_of = _audits(job, finished)

    def task(segment: Segment) -> AuditTask:
        return AuditTask(finished.address, finished.video, _packets(finished, segment), segment, audit_of(segment))

    return Pass("audit", audit_segment, task).over(finished, runner, watch)


def _audits(job: Job, finished: Recording) -> Callable[[Segment], Audit]:
    folder, detection = job.audits_of(finished.sha256), job.policy.detection
    auditors = tuple(
        (model, detection.model_copy(update={"models": (model.name,), "long_sides_px": scales, "every": ()}))
        for model, scales in job.audits
    )
    stride = job.policy.gate.stride
    return lambda segment: Audit(auditors, stride, str(folder / f"{segment.number:06d}.parquet"))


def decode_every_frame(video: Path, runner: Runner, watch: Watch) -> list[SegmentObservation]:
    """A look at a release without its plan: the time and digest of every frame, in the file's own clock."""
    file, nothing_hidden, own_clock = probe(str(video)), PlanPart.empty(), ReleaseClock(0, 1)

    def task(segment: Segment) -> ObserveTask:
        packets = _packets(file, segment)
        return ObserveTask(file.address, file.video, packets, segment, nothing_hidden, RedactionRule(), own_clock)

    return Pass("verify", observe_segment, task).over(file, runner, watch)


def digests_path(job: Job, segment: Segment) -> str:
    """Where the first pass leaves what a segment's frames decode to."""
    return str(job.detections / f"{segment.number:06d}.frames.parquet")


def _samples_path(job: Job, plan: Plan, segment: Segment) -> str:
    return str(job.samples(plan) / f"{segment.number:06d}.samples")


def _packets(file: Recording, segment: Segment) -> PacketIndex:
    return file.packets.part(segment.first_packet, segment.end_packet)
