"""The gate: what may not pass. It opens nothing; it only refuses."""

from collections.abc import Sequence

from bodycam_pipeline.mp4_check.finished import observe_container
from bodycam_pipeline.release.job import Job
from bodycam_pipeline.release.staging import Staged
from bodycam_pipeline.rules.verification import Expectation, silent_stretches, verify
from bodycam_pipeline.values.errors import Place, VerificationError
from bodycam_pipeline.values.observed import SegmentObservation
from bodycam_pipeline.values.plan import Plan


def refuse_broken_promises(job: Job, plan: Plan, staged: Staged, frames: Sequence[SegmentObservation]) -> None:
    """Refuse a finished file that is not, in every frame and every byte of its container, what was promised.

    Raises:
        VerificationError: what is wrong, and where first.
    """
    expected = Expectation(job.recording, plan, job.policy, staged.copied)
    container = observe_container(staged.video, silent_stretches(expected, staged.clock))
    violations = verify(expected, frames, container)
    if violations:
        raise VerificationError(
            f"the finished file is not what the plan says: {'; '.join(violation.what for violation in violations)}",
            remedy=f"Nothing was published; the file is in {job.folders.staging}. Please report this defect.",
            where=Place(job.recording.name, pts=violations[0].pts),
        )
