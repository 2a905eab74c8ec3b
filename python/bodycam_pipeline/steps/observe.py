"""Look at the finished file, one segment at a time: what a stranger would decode, against what the plan promised."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline import _native
from bodycam_pipeline._native import Planes
from bodycam_pipeline.evidence.signatures_file import read_signatures
from bodycam_pipeline.read.contact_sheet import jpeg
from bodycam_pipeline.read.decode import decode_segment
from bodycam_pipeline.read.planes import planes
from bodycam_pipeline.steps.audit import Audit, auditing
from bodycam_pipeline.steps.detect import Part
from bodycam_pipeline.steps.render import black
from bodycam_pipeline.values.needs import Needs
from bodycam_pipeline.values.observed import SegmentObservation
from bodycam_pipeline.values.plan import PlanPart
from bodycam_pipeline.values.policy import RedactionRule
from bodycam_pipeline.values.timeline import ReleaseClock


@dataclass(frozen=True)
class ObserveTask:
    """All that looking at one segment of a finished file needs.

    Attributes:
        part: The segment of the finished file.
        plan: What the recording's plan says of this time.
        redaction: How regions were hidden.
        clock: How the finished file's time maps to the recording's.
        signatures: Files of what was handed to the encoder in this time.
        secret_path: Where the job's secret lies, under which these are kept; None where there are none.
        pictures: The frames, by their pts in the recording, that the report shows.
        audit: Who looks at the frames once more while they are decoded; None for nobody.
    """

    part: Part
    plan: PlanPart
    redaction: RedactionRule
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
        folder = str(Path(audit.result_path).parent)
        return Needs((self.part.address,), (*read, *audit.watching.models), (folder,), audit.watching.provider)

    def warm(self) -> None:
        """Load the networks."""
        if self.audit is not None:
            self.audit.watching.warm()


def observe_segment(task: ObserveTask) -> SegmentObservation:
    """Decode the segment; name every frame by its digest, and measure how well its regions are hidden and how far it is
    from the frame that was rendered. The second look is made of the same decoding, and kept where `audit_segment` finds
    it: whether it counts is decided when the promises were found kept.

    Raises:
        BodycamError: as decoding and the auditors do.
    """
    second = auditing(task.audit, task.part.video)
    rendered = read_signatures(map(Path, task.signatures), Path(task.secret_path)) if task.secret_path else {}
    pts, digests, residuals, differences, undecodable, pictures = [], [], [], [], [], []
    for source in decode_segment(task.part.address, task.part.video, task.part.packets, task.part.segment):
        at = task.clock.to_recording(source.pts)
        borrowed = None if source.frame is None else planes(source.frame)
        if second is not None:
            second.look(source.pts, borrowed)
        if source.frame is None or borrowed is None:
            undecodable.append(at)
            continue
        pts.append(at)
        digests.append(_native.frame_digest(borrowed))
        residuals.append(_worst_residual(borrowed, at, task))
        differences.append(_difference(borrowed, at, rendered))
        if at in task.pictures:
            pictures.append((at, jpeg(source.frame)))
    if second is not None:
        second.keep(task.part.segment.number, task.part.border_frame())
    return SegmentObservation(
        np.array(pts, dtype=np.int64),
        np.frombuffer(b"".join(digests), dtype=np.uint8).reshape(-1, 32),
        np.array(residuals, dtype=np.float32),
        np.array(differences, dtype=np.float32),
        tuple(undecodable),
        tuple(pictures),
    )


def _difference(frame: Planes, pts: int, rendered: Mapping[int, NDArray[np.uint8]]) -> float:
    """Difference of the tile that is farthest from the rendered frame; not a number where none was rendered."""
    if pts not in rendered:
        return float("nan")
    found, expected = _native.frame_block_means(frame), rendered[pts]
    if found.shape != expected.shape:
        return float("inf")
    return float(np.abs(found.astype(np.int16) - expected).max())


def _worst_residual(frame: Planes, pts: int, task: ObserveTask) -> float:
    colour = black(full_range=task.part.video.full_range)
    if task.plan.is_withheld(pts):
        whole = np.array([[0, 0, frame.width, frame.height]], dtype=np.int32)
        return float(_native.residual(frame, whole, style="fill", colour=colour).max())
    regions, seeds, codes = task.plan.at(pts)
    style = task.redaction.style
    if not len(regions) or style == "gaussian":  # internal copies are not judged: their style hides nothing for good
        return 0.0
    upright = task.part.video.orientation
    worst = _native.residual(frame, regions, style=style, seeds=seeds, colour=colour, codes=codes, orientation=upright)
    return float(worst.max())
