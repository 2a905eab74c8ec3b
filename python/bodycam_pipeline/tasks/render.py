"""What rendering one segment needs."""

from dataclasses import dataclass
from pathlib import Path

from bodycam_pipeline.evidence.signatures_file import signatures_path
from bodycam_pipeline.tasks.step import Step
from bodycam_pipeline.values.encoded import EncodedSegment, index_path
from bodycam_pipeline.values.needs import Needs
from bodycam_pipeline.values.plan import PlanPart
from bodycam_pipeline.values.policy import EncodingRule
from bodycam_pipeline.values.recording import PacketIndex, Segment, VideoFacts


@dataclass(frozen=True)
class RenderTask:
    """All that one segment's rendering needs.

    Attributes:
        digests_path: Where the first pass left the digests of the recording's frames, if it did.
        result_path: Where the samples go.
        secret_path: Where the job's secret lies, under which all of these are kept.
    """

    address: str
    video: VideoFacts
    packets: PacketIndex
    segment: Segment
    plan: PlanPart
    encoding: EncodingRule
    digests_path: str
    result_path: str
    secret_path: str

    def needs(self) -> Needs:
        """What it opens."""
        samples = self.result_path
        made = (samples, index_path(samples), str(signatures_path(samples)), str(self.voucher))
        return Needs((self.address,), (self.digests_path, self.secret_path), made)

    @property
    def secret(self) -> Path:
        """The file of the job's secret."""
        return Path(self.secret_path)

    @property
    def voucher(self) -> Path:
        """The file that says, under the job's secret, that the samples beside it are those that were rendered."""
        return Path(f"{self.result_path}.rendered")


render_segment = Step[RenderTask, EncodedSegment]("render", "render_segment", EncodedSegment)
