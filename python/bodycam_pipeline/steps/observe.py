"""Look at the finished file, one segment at a time: what a stranger would decode, against what the plan promised."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline import _native
from bodycam_pipeline._native import Planes
from bodycam_pipeline.evidence.signatures_file import read_signatures
from bodycam_pipeline.read.contact_sheet import jpeg
from bodycam_pipeline.read.decode import decode_segment
from bodycam_pipeline.read.planes import planes
from bodycam_pipeline.steps import watching
from bodycam_pipeline.steps.audit import auditing
from bodycam_pipeline.steps.detect import border_frame
from bodycam_pipeline.steps.render import black
from bodycam_pipeline.tasks.observe import ObserveTask
from bodycam_pipeline.values.observed import SegmentObservation


def warm(task: ObserveTask) -> None:
    """Load the networks."""
    if task.audit is not None:
        watching.warm(task.audit.watching)


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
        second.keep(task.part.segment.number, border_frame(task.part))
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
    regions, styles, seeds, codes = task.plan.at(pts)
    if not len(regions):
        return 0.0
    upright = task.part.video.orientation
    worst = _native.residual(frame, regions, style=styles, seeds=seeds, colour=colour, codes=codes, orientation=upright)
    return float(worst.max())
