"""What looking at one segment of a finished file needs."""

from dataclasses import dataclass

from bodycam_pipeline.tasks.audit import Audit
from bodycam_pipeline.tasks.detect import Part
from bodycam_pipeline.tasks.step import Step
from bodycam_pipeline.values.needs import Needs
from bodycam_pipeline.values.observed import SegmentObservation
from bodycam_pipeline.values.plan import PlanPart
from bodycam_pipeline.values.timeline import ReleaseClock


@dataclass(frozen=True)
class ObserveTask:
    """All that looking at one segment of a finished file needs.

    Attributes:
        part: The segment of the finished file.
        plan: What the recording's plan says of this time.
        clock: How the finished file's time maps to the recording's.
        signatures: Files of what was handed to the encoder in this time.
        secret_path: Where the job's secret lies, under which these are kept; None where there are none.
        pictures: The frames, by their pts in the recording, that the report shows.
        audit: Who looks at the frames once more while they are decoded; None for nobody.
    """

    part: Part
    plan: PlanPart
    clock: ReleaseClock
    signatures: tuple[str, ...] = ()
    secret_path: str | None = None
    pictures: frozenset[int] = frozenset()
    audit: Audit | None = None

    def needs(self) -> Needs:
        """What it opens."""
        audit = self.audit
        read = (*self.signatures, *filter(None, (self.secret_path,)))
        if audit is None:
            return Needs((self.part.address,), read)
        read = (*read, *audit.watching.models)
        return Needs((self.part.address,), read, (audit.result_path,), audit.watching.provider)


observe_segment = Step[ObserveTask, SegmentObservation]("observe", "observe_segment", SegmentObservation)
