"""The passes over the pixels: each maps one step over the segments, on whatever runner there is."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from pathlib import Path
from typing import Generic, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.evidence.candidates_file import read_candidates
from bodycam_pipeline.evidence.signatures_file import signatures_path
from bodycam_pipeline.h264.copying import joining
from bodycam_pipeline.release.gate import expect
from bodycam_pipeline.release.job import Job
from bodycam_pipeline.release.staging import Staged
from bodycam_pipeline.reports.report import sheet_times
from bodycam_pipeline.rules.grouping import appearances, choose_probes
from bodycam_pipeline.rules.segments import split
from bodycam_pipeline.rules.sounds import released_sounds
from bodycam_pipeline.rules.verification import silent_stretches
from bodycam_pipeline.running.one import one
from bodycam_pipeline.running.runner import Runner
from bodycam_pipeline.tasks.appearance import AppearanceTask, measure_segment
from bodycam_pipeline.tasks.audit import Audit, AuditTask, audit_segment
from bodycam_pipeline.tasks.container import ContainerTask, observe_file
from bodycam_pipeline.tasks.detect import DetectTask, Part, detect_segment
from bodycam_pipeline.tasks.extend import ExtendTask, extend_segment
from bodycam_pipeline.tasks.observe import ObserveTask, observe_segment
from bodycam_pipeline.tasks.probe import ProbeTask, probe, probe_release, read_headers
from bodycam_pipeline.tasks.render import RenderTask, render_segment
from bodycam_pipeline.tasks.sound import SoundTask, render_sound_track
from bodycam_pipeline.tasks.watching import Watching
from bodycam_pipeline.values.address import name_of
from bodycam_pipeline.values.appearance import FrameAppearance, Probe, TrackAppearance
from bodycam_pipeline.values.candidates import SegmentCandidates
from bodycam_pipeline.values.encoded import EncodedAudio, EncodedSegment
from bodycam_pipeline.values.errors import Place, WorkerError
from bodycam_pipeline.values.headers import Headers
from bodycam_pipeline.values.model import Model
from bodycam_pipeline.values.observed import ContainerObservation, SegmentObservation
from bodycam_pipeline.values.plan import Plan, PlanPart
from bodycam_pipeline.values.policy import DetectionRule
from bodycam_pipeline.values.recording import PacketIndex, Recording, Segment
from bodycam_pipeline.values.timeline import ReleaseClock
from bodycam_pipeline.values.track import Entering, Extension
from bodycam_pipeline.vision.evidence import worth_of
from bodycam_pipeline.vision.looking import Looking

Phase = Literal["detect", "render", "verify", "audit"]
Watch = Callable[[Phase, int, int], None]
"""Told after every segment: the phase, the frames done so far, the frames in all."""

Task = TypeVar("Task")
Result = TypeVar("Result")


def watch_nothing(_phase: Phase, _frames_done: int, _frames: int) -> None:
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


def watch_every_frame(job: Job, runner: Runner, watch: Watch) -> list[SegmentCandidates]:
    """The first pass: every frame decoded and followed, key frames looked at."""
    source, rule = job.recording, job.policy.detection
    copies = joining(source.video, job.policy.encoding) is not None
    watching, parts = detectors_of(job.detectors, rule), parts_of(source)
    threads = threads_for(source, runner)

    def task(segment: Segment) -> DetectTask:
        digests = digests_path(job, segment) if copies else None
        return DetectTask(
            parts[segment.number],
            watching,
            rule.interval,
            rule.thin_out,
            threads,
            candidates_path(job, segment),
            job.secret_path,
            digests,
        )

    return Pass("detect", detect_segment, task).over(source, runner, watch)


def extend_tracks(job: Job, entering: Sequence[Entering], runner: Runner) -> list[Extension]:
    """Follow tracks into segments that they enter without having been seen there; in the order of the segments.

    Raises:
        BodycamError: a segment that does not decode any more.
    """
    parts = parts_of(job.recording)
    borders: dict[tuple[int, int, int], list[Entering]] = {}
    for each in entering:
        borders.setdefault((each.segment, each.direction, each.pts), []).append(each)
    difference = job.policy.detection.scene_change_difference
    tasks = [ExtendTask(parts[key[0]], tuple(borders[key]), difference) for key in sorted(borders)]
    results: dict[int, tuple[Extension, ...]] = {}
    for outcome in runner.run(extend_segment, tasks) if tasks else ():
        if outcome.error is not None:
            raise outcome.error.at(Place(job.recording.name, segment=tasks[outcome.number].part.segment.number))
        results[outcome.number] = outcome.result or ()
    return [extension for number in sorted(results) for extension in results[number]]


def measure_appearance(recording: Recording, draft: Plan, runner: Runner) -> dict[int, TrackAppearance]:
    """How each track of a plan looks, from a few frames each; the results stay in memory.

    Raises:
        BodycamError: a segment that does not decode any more.
    """
    parts, probes = parts_of(recording), choose_probes(draft)
    starts = [part.segment.span.start_pts for part in parts]
    wanted: dict[int, list[Probe]] = {}
    for each in probes:
        wanted.setdefault(max(bisect_right(starts, each.pts) - 1, 0), []).append(each)
    tasks = [AppearanceTask(parts[number], tuple(wanted[number])) for number in sorted(wanted)]
    looks: dict[int, tuple[FrameAppearance, ...]] = {}
    for outcome in runner.run(measure_segment, tasks) if tasks else ():
        if outcome.error is not None:
            raise outcome.error.at(Place(recording.name, segment=tasks[outcome.number].part.segment.number))
        looks[outcome.number] = outcome.result or ()
    return appearances([look for number in sorted(looks) for look in looks[number]], recording.video)


def parts_of(file: Recording) -> list[Part]:
    """Every segment with what is needed to decode it, and the first packet of the one behind it."""
    segments = split(file)
    part_of = [file.video.part_number(s.span.start_pts) for s in segments]
    borders = [
        file.packets.part(s.first_packet, s.first_packet + 1) if part == before else None
        for s, (before, part) in zip(segments[1:], pairwise(part_of), strict=True)
    ]
    return [
        Part(file.address, file.video, _packets(file, segment), segment, border)
        for segment, border in zip_longest(segments, borders)
    ]


def threads_for(file: Recording, runner: Runner) -> int:
    """How many frames of a segment are looked at side by side: a file of one segment is worth all workers' cores."""
    return max(1, runner.workers // len(split(file)))


def detectors_of(networks: Sequence[tuple[Model, tuple[int, ...]]], rule: DetectionRule) -> Watching:
    """The networks that decide what is hidden, each at its scales."""
    return _watching(networks, rule, enlarge=False)


def render_every_frame(job: Job, plan: Plan, runner: Runner, watch: Watch) -> list[EncodedSegment]:
    """The second pass: every frame decoded again, hidden as planned, and encoded."""
    source, policy = job.recording, job.policy
    job.folders.open_staging()
    folder = job.samples(plan)
    folder.mkdir(parents=True, exist_ok=True)

    def task(segment: Segment) -> RenderTask:
        part = plan.part(segment.span, policy.hiding)
        return RenderTask(
            source.address,
            source.video,
            _packets(source, segment),
            segment,
            part,
            policy.encoding,
            digests_path(job, segment),
            _samples_path(job, plan, segment),
            job.secret_path,
        )

    made = Pass("render", render_segment, task).over(source, runner, watch)
    for segment, samples in zip(split(source), made, strict=True):
        _refuse_another(samples.path, _samples_path(job, plan, segment))
    return made


def render_sound(job: Job, plan: Plan, runner: Runner) -> tuple[EncodedAudio, ...]:
    """The sound tracks as the policy wants them, each in one piece; none where the release has none.

    What may not be seen may not be heard: withheld time is silent as muted time is.
    """
    source, rule = job.recording, job.policy.audio
    silent = (*(m.span for m in plan.muted), *(w.span for w in plan.withheld))
    folder = job.samples(plan)
    tasks = [
        SoundTask(source, rule, silent, str(folder / ("sound.aac" if number == 0 else f"sound-{number}.aac")), number)
        for number in range(len(released_sounds(source, rule)))
    ]
    made: dict[int, EncodedAudio | None] = {}
    for outcome in runner.run(render_sound_track, tasks) if tasks else ():
        if outcome.error is not None:
            raise outcome.error.at(Place(source.name))
        made[outcome.number] = sound = outcome.result
        if sound is not None:
            _refuse_another(sound.path, tasks[outcome.number].result_path)
    return tuple(sound for _, sound in sorted(made.items()) if sound is not None)


def probe_in_worker(runner: Runner, address: str, track: int | None = None) -> Recording:
    """Everything that is known of a recording before a frame is decoded.

    Raises:
        BodycamError: it is refused.
    """
    recording = one(runner, probe, ProbeTask(address, track))
    _refuse_another(recording.address, address)
    return recording


def headers_of(runner: Runner, path: Path) -> Headers:
    """What a file's container tells of it.

    Raises:
        BodycamError: it is no video that is read here, or ends who reads it.
    """
    return one(runner, read_headers, ProbeTask(str(path.absolute())))


def probe_release_in_worker(runner: Runner, video: Path) -> Recording:
    """The same of a finished file.

    Raises:
        BodycamError: it is no recording.
    """
    recording = one(runner, probe_release, ProbeTask(str(video)))
    _refuse_another(recording.address, str(video))
    return recording


def _refuse_another(named: str, asked: str) -> None:
    """An answer comes from where a stranger's bytes are read: it must not name the file that is opened next.

    Raises:
        WorkerError: it names another than it was asked about.
    """
    if named != asked:
        raise WorkerError(
            f"a step was asked about {name_of(asked)} and answered about another file",
            remedy="Keep the recording apart: it may have been made to attack this machine. `bodycam doctor` tells "
            "whether decoders are locked in.",
        )


def observe_in_worker(job: Job, plan: Plan, staged: Staged, runner: Runner) -> ContainerObservation:
    """What is in the finished file beside its frames; our own grammar reads it first, and may refuse it.

    Raises:
        BodycamError: it cannot be read.
    """
    silent = silent_stretches(expect(job, plan, staged), staged.clock)
    return one(runner, observe_file, ContainerTask(str(staged.video), silent))


def observe_every_frame(
    job: Job, plan: Plan, staged: Staged, finished: Recording, runner: Runner, watch: Watch
) -> list[SegmentObservation]:
    """The last look: the finished file decoded as a stranger would, frame by frame, against the plan.

    The second look is made of the same decoding; `audit_every_frame` tells what it saw.
    """
    clock, policy = staged.clock, job.policy
    shown, threads = sheet_times(job.recording), threads_for(finished, runner)
    audit_of = _audits(job, finished, clock, threads) if job.auditors else None
    rendered, parts = split(job.recording), parts_of(finished)

    def task(segment: Segment) -> ObserveTask:
        span = clock.span_to_recording(segment.span)
        first = bisect_right(rendered, span.start_pts, key=lambda s: s.span.end_pts)
        end = bisect_left(rendered, span.end_pts, key=lambda s: s.span.start_pts)
        signatures = tuple(str(signatures_path(_samples_path(job, plan, s))) for s in rendered[first:end])
        part = plan.part(span, policy.hiding)
        audit = audit_of(segment) if audit_of else None
        secret, at = job.secret_path, parts[segment.number]
        return ObserveTask(at, part, clock, signatures, secret, shown, audit)

    return Pass("verify", observe_segment, task).over(finished, runner, watch)


def audit_every_frame(
    job: Job, staged: Staged, finished: Recording, runner: Runner, watch: Watch
) -> list[SegmentCandidates]:
    """The second look: networks that are not the detectors look at the finished file.

    Results are kept under the digest of the file: what was seen while it was decoded to be verified, or by a run that
    was cut off, is not looked at again.
    """
    threads = threads_for(finished, runner)
    parts, audit_of = parts_of(finished), _audits(job, finished, staged.clock, threads)

    def task(segment: Segment) -> AuditTask:
        return AuditTask(parts[segment.number], audit_of(segment))

    return Pass("audit", audit_segment, task).over(finished, runner, watch)


def auditors(audits: Sequence[tuple[Model, tuple[int, ...]]], rule: DetectionRule) -> Watching:
    """The networks of the second look, each at scales of its own."""
    return _watching(audits, rule, enlarge=True)


def _watching(networks: Sequence[tuple[Model, tuple[int, ...]]], rule: DetectionRule, *, enlarge: bool) -> Watching:
    worth = worth_of([model for model, _ in networks])
    looking = (
        Looking(model, scales, lowest, enlarge=enlarge)
        for (model, scales), lowest in zip(networks, worth.lowest, strict=True)
    )
    return Watching(tuple(looking), worth.evidence, rule.scene_change_difference, rule.provider)


def _audits(job: Job, finished: Recording, clock: ReleaseClock, threads: int) -> Callable[[Segment], Audit]:
    folder, watching = job.audits_of(finished.sha256), auditors(job.audits, job.policy.detection)
    due = np.array([clock.to_release(int(pts)) for pts in _due_pts(job)], np.int64)

    def audit(segment: Segment) -> Audit:
        first, end = np.searchsorted(due, [segment.span.start_pts, segment.span.end_pts])
        path = str(folder / f"{segment.number:06d}.candidates")
        return Audit(watching, tuple(due[first:end].tolist()), threads, path, job.secret_path)

    return audit


def _due_pts(job: Job) -> NDArray[np.int64]:
    """The frames of the second look: those that no detector saw, or every other one where they saw all.

    What the detectors saw is read from what their look left; without it (a plan that is rendered as it stands) it is
    every other frame.
    """
    shown = job.recording.packets.shown_pts()
    secret = Path(job.secret_path)
    found = [read_candidates(Path(candidates_path(job, segment)), secret) for segment in split(job.recording)]
    looked = [part.looked_pts for each in found if each is not None for part in each.parts]
    unseen = np.setdiff1d(shown, np.concatenate(looked)) if looked and all(found) else shown[1::2]
    due = unseen if len(unseen) else shown[1::2]
    return (due if len(due) else shown)[:: job.policy.gate.stride]


def decode_every_frame(video: Path, runner: Runner, watch: Watch) -> list[SegmentObservation]:
    """A look at a release without its plan: the time and digest of every frame, in the file's own clock."""
    file, nothing_hidden, own_clock = probe_release_in_worker(runner, video), PlanPart.empty(), ReleaseClock(0, 1)
    parts = parts_of(file)

    def task(segment: Segment) -> ObserveTask:
        return ObserveTask(parts[segment.number], nothing_hidden, own_clock)

    return Pass("verify", observe_segment, task).over(file, runner, watch)


def candidates_path(job: Job, segment: Segment) -> str:
    """Where the first pass leaves what it found in a segment."""
    return str(job.detections / f"{segment.number:06d}.candidates")


def digests_path(job: Job, segment: Segment) -> str:
    """Where the first pass leaves what a segment's frames decode to."""
    return str(job.detections / f"{segment.number:06d}.frames.parquet")


def _samples_path(job: Job, plan: Plan, segment: Segment) -> str:
    return str(job.samples(plan) / f"{segment.number:06d}.samples")


def _packets(file: Recording, segment: Segment) -> PacketIndex:
    return file.packets.part(segment.first_packet, segment.end_packet)
