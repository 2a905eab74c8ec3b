"""What the second look at one segment of the finished file needs."""

from dataclasses import dataclass
from pathlib import Path

from bodycam_pipeline.evidence.candidates_file import read_candidates
from bodycam_pipeline.tasks.detect import Part
from bodycam_pipeline.tasks.step import Step
from bodycam_pipeline.tasks.watching import Watching
from bodycam_pipeline.values.candidates import SegmentCandidates
from bodycam_pipeline.values.needs import Needs


@dataclass(frozen=True)
class Audit:
    """Who looks at a segment once more, at which frames, and where what they see is kept.

    Attributes:
        watching: Who looks.
        due: The pts of the frames at which they look, in the finished file's clock.
        threads: How many frames they look at side by side.
        result_path: Where the candidates are kept, under the digest of the file they are of.
        secret_path: Where the job's secret lies, under which they are kept.
    """

    watching: Watching
    due: tuple[int, ...]
    threads: int
    result_path: str
    secret_path: str

    def kept(self) -> SegmentCandidates | None:
        """Read what an earlier run of this second look saw; None where there is none."""
        return read_candidates(Path(self.result_path), Path(self.secret_path))


@dataclass(frozen=True)
class AuditTask:
    """All that one segment's second look needs: the segment of the finished file, and who looks."""

    part: Part
    audit: Audit

    def needs(self) -> Needs:
        """What it opens."""
        audit = self.audit
        read = (audit.secret_path, *audit.watching.models)
        return Needs((self.part.address,), read, (audit.result_path,), audit.watching.provider)


audit_segment = Step[AuditTask, SegmentCandidates]("audit", "audit_segment", SegmentCandidates)
