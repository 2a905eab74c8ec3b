"""What people say of a place in a frame: in the job's history, with its time and box."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bodycam_pipeline.page.review import Review
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.review.history import history_of, record
from bodycam_pipeline.values.errors import EditsError, StateError
from bodycam_pipeline.values.timeline import format_clock


def remarks_of(folders: Folders) -> list[dict[str, Any]]:
    """What people said of a place in a frame, the oldest first; ``open`` since the work was last submitted.

    Raises:
        HistoryError: the history was changed.
    """
    history = history_of(folders)
    submitted = max((n for n, event in enumerate(history) if event.what == "submitted"), default=-1)
    return [
        {
            "number": number,
            "what": event.what,
            "by": event.by,
            "text": event.why,
            "pts": int(event.facts["pts"]),
            "box": [float(side) for side in event.facts["box"].split(",")] if "box" in event.facts else None,
            "open": number > submitted,
        }
        for number, event in enumerate(history)
        if event.what in {"commented", "rejected"} and "pts" in event.facts
    ]


@dataclass(frozen=True)
class FrameLocation:
    """A place in a frame that somebody speaks of.

    Attributes:
        pts: Of the frame.
        box: Left, top, right, bottom in the upright frame; None for all of it.
    """

    pts: int
    box: tuple[float, float, float, float] | None = None

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "FrameLocation | None":
        """Read what the page sent; None where it names no place.

        Raises:
            EditsError: that is no place.
        """
        if given.get("pts") is None:
            return None
        try:
            left, top, right, bottom = map(float, given.get("box") or (0, 0, 1, 1))
            return cls(int(given["pts"]), (left, top, right, bottom) if given.get("box") else None)
        except (TypeError, ValueError) as error:
            raise EditsError("that is no place in a frame", remedy="Reload the page, and say it again.") from error

    def facts(self, review: Review) -> dict[str, Any]:
        """The place as the job's history names it: time, and box where there is one.

        Raises:
            EditsError: the recording shows no such frame.
        """
        if self.pts not in review.recording.packets.shown_pts():
            raise EditsError(f"there is no frame at pts {self.pts}", remedy="Reload the page, and say it again.")
        at = format_clock(self.pts * review.recording.video.time_base)
        place = {} if self.box is None else {"box": ",".join(f"{side:g}" for side in self.box)}
        return {"pts": str(self.pts), "at": at, **place}


def note_remark(review: Review, by: str, text: str, location: FrameLocation) -> None:
    """Write down what a person says of a place in a frame; it is in the history when this returns.

    Raises:
        StateError: nothing is said.
        BodycamError: as `record`.
    """
    if not text.strip():
        raise StateError("nothing is said", remedy="Write the comment, then keep it.")
    record(review.folders, "commented", by, text, **location.facts(review))
