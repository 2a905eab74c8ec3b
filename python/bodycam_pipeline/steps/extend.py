"""Follow tracks into a segment that they enter without having been seen there: decode and follow, no network."""

from collections.abc import Iterator

from bodycam_pipeline._native import Planes, Pyramid
from bodycam_pipeline.following.candidates import Candidate, Point
from bodycam_pipeline.following.footage import ROUNDING_SECONDS, Footage
from bodycam_pipeline.following.onward import go_on
from bodycam_pipeline.steps.detect import border_frame, frames_of
from bodycam_pipeline.tasks.extend import ExtendTask
from bodycam_pipeline.values.track import Entering, Extension


def extend_segment(task: ExtendTask) -> tuple[Extension, ...]:
    """Follow each track from the border frame until it is lost, or far enough.

    Raises:
        BodycamError: as decoding does.
    """
    asked = task.entering[0]
    seconds = max(each.seconds for each in task.entering) + ROUNDING_SECONDS
    frames = _after(task, asked.pts, seconds) if asked.direction > 0 else _before(task, asked.pts, seconds)
    footage, pts = Footage(task.part.shown.upright_size, task.scene_change_difference), []
    for at, pyramid in frames:
        footage.add(float(at * task.part.video.time_base), pyramid)
        footage.saw(None)
        pts.append(at)
    if asked.pts not in pts:
        return ()
    return tuple(_extended(footage, pts, each) for each in task.entering)


def _extended(footage: Footage, pts: list[int], entering: Entering) -> Extension:
    start = pts.index(entering.pts)
    candidate = Candidate(
        entering.kind, {start: Point(entering.box, "guessed" if entering.guessed else "followed")}, start, start
    )
    go_on(footage, candidate, entering.direction, entering.seconds)
    points = ((pts[frame], candidate.points[frame]) for frame in sorted(candidate.points))
    return Extension(entering.track, entering.direction, tuple((at, point.box, point.found) for at, point in points))


def _after(task: ExtendTask, pts: int, seconds: float) -> Iterator[tuple[int, Pyramid]]:
    """The frames from the border on, as far as anybody is followed."""
    end = pts + seconds / float(task.part.video.time_base)
    for at, frame in frames_of(task.part):
        if at > end:
            return
        if at >= pts and frame is not None:
            yield at, _pyramid(task, frame)


def _before(task: ExtendTask, pts: int, seconds: float) -> Iterator[tuple[int, Pyramid]]:
    """Decode the last frames before the border, and the border frame itself."""
    start = pts - seconds / float(task.part.video.time_base)
    kept: list[tuple[int, Pyramid]] = []
    for at, frame in frames_of(task.part):
        if frame is not None and start <= at <= pts:
            kept.append((at, _pyramid(task, frame)))
    border = border_frame(task.part)
    if border is not None and border[0] == pts:
        kept.append((pts, _pyramid(task, border[1])))
    yield from kept


def _pyramid(task: ExtendTask, frame: Planes) -> Pyramid:
    return Pyramid(frame, orientation=int(task.part.video.orientation))
