"""What the second look saw: judged against the plan, and put before a person where nothing explains it."""

import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bodycam_pipeline.durable import make_folder, write_atomically
from bodycam_pipeline.release.job import Job
from bodycam_pipeline.release.staging import Staged
from bodycam_pipeline.rules.second_look import Released, find_unexplained
from bodycam_pipeline.tasks.container import PicturesTask
from bodycam_pipeline.values.candidates import SegmentCandidates
from bodycam_pipeline.values.errors import NeedsReviewError, Place
from bodycam_pipeline.values.observed import Finding
from bodycam_pipeline.values.plan import Plan
from bodycam_pipeline.values.timeline import format_clock
from bodycam_pipeline.vision.evidence import worth_of

MOST_PICTURES = 200
"""Findings with a picture; a file with more has lost its plan, and every spot is in the list."""


@dataclass(frozen=True)
class SecondLook:
    """The gate's finding.

    Attributes:
        findings: What nothing explains.
        looks: At how many frames.
    """

    findings: tuple[Finding, ...]
    looks: int


def judge(job: Job, plan: Plan, staged: Staged, seen: Sequence[SegmentCandidates]) -> SecondLook:
    """What remains unexplained of everything that was seen."""
    looks = sum(len(part.looked_pts) for segment in seen for part in segment.parts)
    released = Released(plan, job.policy, job.recording.video, staged.clock)
    evidence = worth_of([model for model, _ in job.audits]).evidence
    return SecondLook(find_unexplained(released, seen, evidence), looks)


def folder_of(job: Job) -> Path:
    """Where the findings are put before a person; inside."""
    return job.folders.internal / "second-look"


def pictures_task(job: Job, staged: Staged, second: SecondLook) -> PicturesTask:
    """What has to be seen in the finished file: its findings."""
    wanted = tuple((staged.clock.to_release(s.pts), s.box) for s in second.findings[:MOST_PICTURES])
    return PicturesTask(str(staged.video), wanted, job.recording.video.orientation)


def keep_findings(job: Job, second: SecondLook, pictures: Iterable[tuple[int, bytes]]) -> None:
    """Write ``findings.json`` and a picture of each finding, in place of those of an earlier look.

    Raises:
        StorageError: the disk refused.
    """
    folder = folder_of(job)
    shutil.rmtree(folder, ignore_errors=True)
    if not second.findings:
        return
    make_folder(folder)
    base = job.recording.video.time_base
    facts = [
        {"number": n, "picture": picture_of(n), "at": format_clock(s.pts * base), **asdict(s)}
        for n, s in enumerate(second.findings, start=1)
    ]
    write_atomically(folder / "findings.json", json.dumps(facts, indent=2).encode())
    for number, jpeg in pictures:
        write_atomically(folder / picture_of(number + 1), jpeg)


def picture_of(number: int) -> str:
    """The name of a finding's picture."""
    return f"finding-{number:04d}.jpg"


def refuse_unexplained(job: Job, second: SecondLook) -> None:
    """Stop a release in which the second look saw what nothing explains; a person has to decide.

    Raises:
        NeedsReviewError: how many findings, and the first.
    """
    if second.findings:
        first = second.findings[0]
        at = format_clock(first.pts * job.recording.video.time_base)
        raise NeedsReviewError(
            f"the second look saw {len(second.findings)} things in the finished file that the plan does not explain, "
            f"first a {first.kind} at {at}",
            remedy=f"Look at {job.folders.internal / 'report.html'}, then [[hide]] each finding in edits.toml, or "
            "[[dismiss]] it with your reason and name, and run again.",
            where=Place(recording=job.recording.name, pts=first.pts),
        )
