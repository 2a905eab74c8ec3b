"""The gate: what may not pass. It opens nothing; it only refuses."""

from collections.abc import Sequence

from bodycam_pipeline.release.job import Job
from bodycam_pipeline.release.staging import Staged
from bodycam_pipeline.rules.verification import Expectation, Violation, verify_container, verify_frames
from bodycam_pipeline.values.errors import Place, VerificationError
from bodycam_pipeline.values.observed import ContainerObservation, SegmentObservation
from bodycam_pipeline.values.plan import Plan


def expect(job: Job, plan: Plan, staged: Staged) -> Expectation:
    """What the finished file has to be."""
    return Expectation(job.recording, plan, job.policy, staged.copied)


def refuse_strange_container(job: Job, plan: Plan, staged: Staged, container: ContainerObservation) -> None:
    """Refuse a finished file that is not, in every byte of its container, what was promised; no decoder has met it yet.

    Raises:
        VerificationError: what is wrong, and where first.
    """
    _refuse(job, verify_container(expect(job, plan, staged), container))


def refuse_broken_promises(job: Job, plan: Plan, staged: Staged, frames: Sequence[SegmentObservation]) -> None:
    """Refuse a finished file that is not, in every frame, what was promised.

    Raises:
        VerificationError: what is wrong, and where first.
    """
    _refuse(job, verify_frames(expect(job, plan, staged), frames))


def _refuse(job: Job, violations: Sequence[Violation]) -> None:
    if violations:
        raise VerificationError(
            f"the finished file is not what the plan says: {'; '.join(violation.what for violation in violations)}",
            remedy=f"Nothing was published; the file is in {job.folders.staging}. Please report this defect.",
            where=Place(job.recording.name, pts=violations[0].pts),
        )
