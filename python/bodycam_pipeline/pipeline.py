"""The product, from the top: look at every frame, plan, render, look at the finished file, publish.

Everything is decided in the plan between the two passes, and nothing bears a release's name before the finished file
has been decoded again and found to be what the plan says.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bodycam_pipeline.custody.session import log_read
from bodycam_pipeline.digests import value_sha256
from bodycam_pipeline.drawn import follow_drawn
from bodycam_pipeline.durable import make_folder
from bodycam_pipeline.evidence.plan_file import plan_sha256, write_plan
from bodycam_pipeline.passes import (
    Watch,
    audit_every_frame,
    extend_tracks,
    observe_every_frame,
    observe_in_worker,
    probe_in_worker,
    probe_release_in_worker,
    render_every_frame,
    render_sound,
    watch_every_frame,
    watch_nothing,
)
from bodycam_pipeline.publish import publish
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.release.gate import refuse_broken_promises, refuse_strange_container
from bodycam_pipeline.release.job import Job, notes_of
from bodycam_pipeline.release.second_look import SecondLook, judge, keep_findings, pictures_task, refuse_unexplained
from bodycam_pipeline.release.staging import Staged, stage
from bodycam_pipeline.release.work import keep_work
from bodycam_pipeline.reports.proposals import write_proposals
from bodycam_pipeline.reports.report import write_report
from bodycam_pipeline.review.decisions import edits_path, own_edits
from bodycam_pipeline.review.history import machine_time
from bodycam_pipeline.review.on_record import are_on_record, note_approved_plan, note_plan
from bodycam_pipeline.rules.admission import is_admitted, number_tracks
from bodycam_pipeline.rules.damage import refuse_unwithheld
from bodycam_pipeline.rules.editing import apply_edits
from bodycam_pipeline.rules.entering import Neighbours, extend
from bodycam_pipeline.rules.fit import check_fits
from bodycam_pipeline.rules.joining import tracklets
from bodycam_pipeline.rules.judging import life_of
from bodycam_pipeline.rules.planning import make_plan
from bodycam_pipeline.rules.sounds import chosen_sounds
from bodycam_pipeline.running.one import one
from bodycam_pipeline.running.runner import Runner
from bodycam_pipeline.tasks.container import picture_boxes
from bodycam_pipeline.values.address import stem_of
from bodycam_pipeline.values.candidates import SegmentCandidates
from bodycam_pipeline.values.edits import Edits
from bodycam_pipeline.values.errors import EditsError, PolicyError
from bodycam_pipeline.values.model import Model
from bodycam_pipeline.values.plan import Plan
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.values.recording import Recording
from bodycam_pipeline.values.track import Track
from bodycam_pipeline.vision.evidence import worth_of
from bodycam_pipeline.vision.providers import check_provider
from bodycam_pipeline.vision.registry import find_model


@dataclass(frozen=True)
class Order:
    """What a person asked for.

    Attributes:
        address: The recording: a path, or the address of an object store.
        out: The folder that takes the release and what stays inside.
        policy: What is hidden, and how.
        edits: What the person decided beside the policy.
        name: What the release is called; None for the recording's own name.
        track: The video track that is meant, where the file holds those of several cameras.
    """

    address: str
    out: Path
    policy: Policy = field(default_factory=Policy)
    edits: Edits = field(default_factory=Edits)
    name: str | None = None
    track: int | None = None


@dataclass(frozen=True)
class Published:
    """A release in its place.

    Attributes:
        folders: Where it is.
        plan: What was hidden.
        already: Whether it stood there before, unchanged, and nothing had to be done.
        notes: What a person has to be told.
    """

    folders: Folders
    plan: Plan
    already: bool = False
    notes: tuple[str, ...] = ()


def redact(order: Order, runner: Runner, watch: Watch = watch_nothing) -> Published:
    """Redact a recording into a verified release; the second run of the same order does nothing.

    Raises:
        BodycamError: refused; nothing that looks like a release is left, and finished segments are kept for a rerun.
    """
    return redact_probed(order, _probed(order, runner), runner, watch)


def redact_probed(order: Order, recording: Recording, runner: Runner, watch: Watch = watch_nothing) -> Published:
    """Redact a recording that was probed already: a batch probes in a worker, where a crash costs little.

    Raises:
        BodycamError: as `redact`.
    """
    order = with_own_edits(order)
    job = job_of(order, recording, _decided(order))
    with job.folders.locked():
        if job.is_published():
            job.folders.clear_staging()  # a run that was killed right after publishing left it
            return Published(job.folders, job.kept_plan(), already=True, notes=notes_of(job))
        with machine_time(job.folders, "redact", runner.workers):
            plan = _planned(job, order.edits, runner, watch)
            return _released(job, plan, runner, watch)


def detect(order: Order, runner: Runner, watch: Watch = watch_nothing) -> tuple[Job, Plan]:
    """Only look and plan: what a person reads, and edits, before anything is rendered.

    Raises:
        ReleaseExistsError: another plan's release stands there.
        BodycamError: refused.
    """
    order = with_own_edits(order)
    job = open_job(order, _decided(order), runner)
    with job.folders.locked():
        if job.is_published():  # the plan beside a release stays the one that it was made from
            return job, job.kept_plan()
        with machine_time(job.folders, "detect", runner.workers):
            plan = _planned(job, order.edits, runner, watch)
            write_report(job, plan)
            return job, plan


def render(order: Order, plan: Plan, runner: Runner, watch: Watch = watch_nothing) -> Published:
    """Render a plan exactly as it stands; nobody looks again.

    Raises:
        PlanError: the plan is another recording's, or was made under another policy.
        BodycamError: refused, as `redact`.
    """
    job = open_job(order, plan_sha256(plan), runner)
    check_fits(plan, job.recording, job.policy)
    with job.folders.locked():
        if job.is_published():
            job.folders.clear_staging()
            return Published(job.folders, plan, already=True, notes=notes_of(job))
        write_plan(plan, job.plan_path)
        note_approved_plan(job, plan)
        with machine_time(job.folders, "render", runner.workers):
            return _released(job, plan, runner, watch)


def with_own_edits(order: Order) -> Order:
    """The order with what was decided in the job's own ``edits.toml``, where there is one.

    Raises:
        EditsError: it cannot be read, or the order has other edits: one of the two would be lost without a word.
    """
    folders = Folders(order.out, order.name or stem_of(order.address))
    own = own_edits(folders)
    if own is None or own in (Edits(), order.edits):
        return order
    if order.edits != Edits():
        raise EditsError(
            f"{edits_path(folders)} says what was decided for this job, and other edits are given",
            remedy="Leave out --edits to take the job's own decisions, or choose another folder with --out.",
        )
    return replace(order, edits=own)


def open_job(order: Order, decided: str, runner: Runner) -> Job:
    """Probe the recording and find the models: everything that can be refused before work begins.

    Raises:
        RecordingError: the recording is refused.
        ModelError: a model is.
    """
    return job_of(order, _probed(order, runner), decided)


def _probed(order: Order, runner: Runner) -> Recording:
    return probe_in_worker(runner, log_read(order.address, "redaction"), order.track)


def job_of(order: Order, recording: Recording, decided: str) -> Job:
    """Build the job of a probed recording, and refuse what it could not do.

    Raises:
        ModelError: a model cannot be used.
        PolicyError: a kind that a detector is to find, and none of the models knows.
        UndecidedRecordingError: the policy keeps sound that is not there or cannot be decoded.
    """
    recording = recording.as_full_frames() if order.policy.encoding.fields == "deinterlace" else recording
    chosen_sounds(recording, order.policy.audio)
    check_provider(order.policy.detection.provider)
    models = tuple(find_model(name) for name in order.policy.detection.models)
    _refuse_auditors(models)
    _refuse_unseen(order.policy, models)
    make_folder(order.out)
    gate = order.policy.gate
    auditors = tuple(find_model(a.model) for a in gate.auditors) if gate.second_look == "on" else ()
    folders = Folders(order.out, order.name or _name(order))
    return Job(recording, order.policy, models, decided, folders, auditors)


def _refuse_auditors(models: Sequence[Model]) -> None:
    """Refuse auditors as detectors: their thresholds spare a person's time, and would hide less here."""
    for model in models:
        if model.role == "auditor":
            raise PolicyError(
                f"{model.name} is registered as an auditor, not as a detector",
                remedy="Name it under [[gate.auditors]]; `bodycam models list` names the detectors.",
            )


def _refuse_unseen(policy: Policy, models: Sequence[Model]) -> None:
    """Refuse a kind that a detector is to find and that none of these knows: nobody would look for it."""
    seen = {kind for model in models for kind in model.kinds}
    unseen = [kind for kind in policy.found_by_detectors if kind not in seen]
    if unseen:
        raise PolicyError(
            f"nobody looks for {', '.join(unseen)}: the models of this job find {', '.join(sorted(seen))}",
            remedy=f"Name one that finds it under [[detection.detectors]]. Where people alone draw it, write "
            f"found_by = 'hand' under [hide.{unseen[0]}]; where nobody hides it, delete [hide.{unseen[0]}].",
        )


def _name(order: Order) -> str:
    stem = stem_of(order.address)
    return stem if order.track is None else f"{stem}.track-{order.track}"


def key_of(order: Order, recording: Recording) -> str:
    """SHA-256 over everything that `redact` of this order depends on; where the recording lies is not part of it.

    Raises:
        ModelError: a model cannot be used.
    """
    order = with_own_edits(order)
    return job_of(order, recording, _decided(order)).key


def _decided(order: Order) -> str:
    return value_sha256(repr(order.edits))


def _planned(job: Job, edits: Edits, runner: Runner, watch: Watch) -> Plan:
    models = {m.name: m.sha256 for m in job.models}
    seen = _seen(job, runner, watch)
    tracks = _tracks(job, seen, runner)
    drafted = make_plan(job.recording, seen, tracks, job.policy, models)
    keep_work(job, drafted)
    plan = apply_edits(drafted, edits, job.recording, job.policy, follow_drawn(job, edits, runner))
    write_plan(plan, job.plan_path)
    note_plan(job, plan, seen)
    return plan


def _tracks(job: Job, seen: Sequence[SegmentCandidates], runner: Runner) -> tuple[Track, ...]:
    """What is hidden: what was seen, joined over segments, judged, and followed past both ends."""
    time_base, evidence = float(job.recording.video.time_base), worth_of(job.models).evidence
    found = [(tracklet, life_of(tracklet, time_base)) for tracklet in tracklets(seen)]
    judge = [(tracklet, life.track(life.evidence(evidence))) for tracklet, life in found]
    hidden = [(tracklet, track) for tracklet, track in judge if is_admitted(track, job.policy)]
    write_proposals([track for _, track in judge if not is_admitted(track, job.policy)], job)
    neighbours = Neighbours.of(seen, time_base)
    asked = [each for number, (tracklet, _) in enumerate(hidden) for each in neighbours.entering(number, tracklet)]
    longer = extend([track for _, track in hidden], extend_tracks(job, asked, runner))
    return number_tracks(longer)


def _seen(job: Job, runner: Runner, watch: Watch) -> list[SegmentCandidates]:
    """What was seen and followed in every segment.

    Kept candidates that are not those that the custody log names are made anew: somebody who can read the job's secret,
    and cannot sign the log, has changed them.
    """
    seen = watch_every_frame(job, runner, watch)
    if are_on_record(job, seen):
        return seen
    shutil.rmtree(job.detections)
    return watch_every_frame(job, runner, watch)


def _released(job: Job, plan: Plan, runner: Runner, watch: Watch) -> Published:
    refuse_unwithheld(plan, job.recording)
    rendered = render_every_frame(job, plan, runner, watch)
    staged = stage(job, rendered, render_sound(job, plan, runner))
    refuse_strange_container(job, plan, staged, observe_in_worker(job, plan, staged, runner))
    finished = probe_release_in_worker(runner, staged.video)
    observed = observe_every_frame(job, plan, staged, finished, runner, watch)
    refuse_broken_promises(job, plan, staged, observed)
    staged = replace(staged, pictures=tuple(picture for part in observed for picture in part.pictures))
    second = _looked_at_again(job, plan, staged, finished, runner, watch)
    publish(job, plan, staged, observed, second, runner)
    return Published(job.folders, plan, notes=notes_of(job))


def _looked_at_again(
    job: Job, plan: Plan, staged: Staged, finished: Recording, runner: Runner, watch: Watch
) -> SecondLook | None:
    if not job.auditors:
        return None
    seen = audit_every_frame(job, staged, finished, runner, watch)
    second = judge(job, plan, staged, seen)
    pictures = one(runner, picture_boxes, pictures_task(job, staged, second)) if second.findings else ()
    keep_findings(job, second, pictures)
    if second.findings:
        write_report(job, plan, staged, second, runner)
    refuse_unexplained(job, second)
    return second
