"""The person's part of the plan: what ``edits.toml`` says. docs/edits.md shows every entry.

A decision about a track names it by place and time, not by its number: after a new detection, number 3 may be somebody
else. Its anchor is one region of the track in one frame; a path of more regions says how far the decision reaches.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator

from bodycam_pipeline.values.detection import Kind
from bodycam_pipeline.values.timeline import exact_clock, parse_clock

Time = Fraction | int
"""Seconds from pts 0, or the pts of a frame."""

PTS = "pts "
"""What begins a time that is the pts of a frame: ``"pts 90000"``."""


def parse_time(value: object) -> Time:
    """Read a time: text, or what it was read to before.

    Raises:
        ValueError: it is neither a clock's nor a frame's.
    """
    if isinstance(value, Fraction):
        return value
    if not isinstance(value, str):
        raise ValueError('write times in quotes: seconds, mm:ss.mmm or hh:mm:ss.mmm; or "pts 90000" for one frame')
    if value.startswith(PTS):
        number = value.removeprefix(PTS).strip()
        if not number.removeprefix("-").isdecimal():
            raise ValueError(f'{value!r} names no frame: write "pts" and a whole number')
        return int(number)
    return parse_clock(value)


def format_time(time: Time) -> str:
    """Write a time as `parse_time` reads it, without loss."""
    return f"{PTS}{time}" if isinstance(time, int) else exact_clock(time)


Moment = Annotated[Time, BeforeValidator(parse_time), PlainSerializer(format_time)]
Said = Annotated[str, Field(min_length=1, max_length=2_000)]
Sides = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels of the upright frame."""

Point = tuple[int, float, float, float, float]
"""A frame's pts, and `Sides` in it."""

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

MOST_POINTS, MOST_ANCHORS = 64, 10_000


class _Part(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, populate_by_name=True, allow_inf_nan=False
    )


def _refuse_empty(box: Sequence[float]) -> None:
    left, top, right, bottom = box
    if left >= right or top >= bottom:
        raise ValueError(f"an empty box {tuple(box)}: write left, top, right, bottom")


class Anchor(_Part):
    """Names a track by place and time.

    Attributes:
        pts: Of the frame.
        box: The region of the track in that frame.
        kind: What the track is.
        path: More regions of the track: how far the decision reaches under another plan. Empty for that frame alone.
    """

    pts: int
    box: Sides
    kind: Kind
    path: Annotated[tuple[Point, ...], Field(max_length=MOST_POINTS)] = ()

    @model_validator(mode="after")
    def _holds_something(self) -> Self:
        for box in (self.box, *(point[1:] for point in self.path)):
            _refuse_empty(box)
        return self

    @property
    def points(self) -> tuple[Point, ...]:
        """The anchor and its path, by time."""
        return tuple(sorted({*self.path, (self.pts, *self.box)}))


class Decision(_Part):
    """What a person decided.

    Attributes:
        reason: Why: the legal reason where something is hidden.
        by: The person's name.
        comment: What else the next person should know; it stays inside.
    """

    table: ClassVar[str]
    reason: Said
    by: Said
    comment: Annotated[str, Field(max_length=10_000)] = ""


class OfTracks(Decision):
    """A decision about tracks that were detected.

    Attributes:
        anchors: One for each track.
        plan: The public digest of the plan that the person saw: `Plan.sha256` before any edit.
    """

    anchors: Annotated[tuple[Anchor, ...], Field(min_length=1, max_length=MOST_ANCHORS)]
    plan: Digest

    @model_validator(mode="before")
    @classmethod
    def _no_numbers(cls, given: object) -> object:
        if isinstance(given, dict) and "track" in given:
            raise ValueError(
                f"track = {given['track']} names a track by its number, which is somebody else's after a new "
                f"detection: delete this entry and run `bodycam review {cls.table} JOB {given['track']} --reason ... "
                "--by ...`, which writes the place"
            )
        return given


class Keep(OfTracks):
    """Leave tracks visible: one, or all of a person's.

    Attributes:
        shown: Frames that the person was shown before: the worst of each track.
    """

    table = "keep"
    shown: tuple[Point, ...] = ()


class Confirm(OfTracks):
    """Say that a track is hidden rightly; it changes no pixel."""

    table = "confirm"
    reason: Annotated[str, Field(max_length=2_000)] = ""


class Change(OfTracks):
    """Hide tracks as another kind, or for another reason.

    Attributes:
        kind: What they are; None where that stays.
        reason: The legal reason; "" for the policy's of the kind.
    """

    table = "change"
    kind: Kind | None = None
    reason: Annotated[str, Field(max_length=2_000)] = ""

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if self.kind is None and not self.reason:
            raise ValueError("changes nothing: give kind, or reason, or both")
        return self


class Join(OfTracks):
    """Say that tracks are one thing; what is kept visible stays each track's own."""

    table = "join"
    reason: Annotated[str, Field(max_length=2_000)] = ""

    @model_validator(mode="after")
    def _of_several(self) -> Self:
        if len(self.anchors) < 2:
            raise ValueError("joins nothing: give the anchors of two tracks at least")
        return self


class _OfOneTrack(OfTracks):
    anchors: Annotated[tuple[Anchor, ...], Field(min_length=1, max_length=1)]


class Split(_OfOneTrack):
    """Say that a track is another thing from a frame on.

    Attributes:
        at: The first frame of the second thing.
    """

    table = "split"
    reason: Annotated[str, Field(max_length=2_000)] = ""
    at: Moment


class Trim(_OfOneTrack):
    """Hide a track in a stretch of time alone: what lies before ``from``, or from ``to`` on, is left visible.

    Attributes:
        start: The first moment in which it is hidden.
        end: The moment behind the last.
    """

    table = "trim"
    start: Annotated[Moment | None, Field(alias="from")] = None
    end: Annotated[Moment | None, Field(alias="to")] = None

    @model_validator(mode="after")
    def _trims_something(self) -> Self:
        if self.start is None and self.end is None:
            raise ValueError("trims nothing: give 'from', or 'to', or both")
        if self.start is not None and self.end is not None:
            _refuse_backward(self.start, self.end)
        return self


class Keyframe(_Part):
    """Where a manual box is at one time: ``left, top, right, bottom`` in upright pixels.

    Attributes:
        at: When.
        box: Where.
    """

    at: Moment
    box: Sides

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        _refuse_empty(self.box)
        return self


class Hide(Decision):
    """Hide a box that a person drew.

    It moves on straight lines from the first keyframe to the last, both included; or it is followed through the pixels;
    or it stands still through the whole recording.

    Attributes:
        kind: What it is; the policy declares it.
        reason: The legal reason; "" for the policy's of the kind.
        keyframes: Where it is.
        follow: Whether it is followed: back from the first keyframe and on from the last until that is unsure, and from
            each keyframe to the next.
        whole: Whether its one keyframe holds for all of the recording.
    """

    table = "hide"
    reason: Annotated[str, Field(max_length=2_000)] = ""
    kind: Kind
    keyframes: Annotated[tuple[Keyframe, ...], Field(min_length=1, max_length=1_000)]
    follow: bool = False
    whole: bool = False

    @model_validator(mode="after")
    def _enough_keyframes(self) -> Self:
        if self.whole and (self.follow or len(self.keyframes) != 1):
            raise ValueError("whole = true takes one keyframe and no follow: the box stands still")
        if not self.follow and not self.whole and len(self.keyframes) < 2:
            raise ValueError(
                "a box needs two keyframes, from when to when; or follow = true, and it is followed; "
                "or whole = true, and it stands through the whole recording"
            )
        return self

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        times = [keyframe.at for keyframe in self.keyframes]
        if len({type(time) for time in times}) > 1:
            raise ValueError("keyframes must all be at clock times, or all at the pts of frames")
        if times != sorted(set(times)):
            raise ValueError("keyframes must be in ascending time, no two at the same")
        return self


def _refuse_backward(start: Time, end: Time) -> None:
    if isinstance(start, int) != isinstance(end, int):
        raise ValueError("'from' and 'to' must both be clock times, or both the pts of frames")
    if end <= start:
        raise ValueError("'to' must be later than 'from'")


class Stretch(Decision):
    """Time from ``from`` (included) to ``to`` (not included).

    Attributes:
        start: The first moment.
        end: The moment behind the last.
    """

    start: Annotated[Moment, Field(alias="from")]
    end: Annotated[Moment, Field(alias="to")]

    @model_validator(mode="after")
    def _forward(self) -> Self:
        _refuse_backward(self.start, self.end)
        return self


class Withhold(Stretch):
    """Fill every frame of a stretch.

    Attributes:
        kind: What is in the frames, as ``interior``; None for no kind of the policy.
        reason: The legal reason; "" for the policy's of the kind.
    """

    table = "withhold"
    kind: Kind | None = None
    reason: Annotated[str, Field(max_length=2_000)] = ""

    @model_validator(mode="after")
    def _has_a_reason(self) -> Self:
        if self.kind is None and not self.reason:
            raise ValueError("has no reason: give reason, or a kind of the policy, whose reason it takes")
        return self


class Mute(Stretch):
    """Make the sound of a stretch silence."""

    table = "mute"


class Dismiss(Stretch):
    """What the second look sees in a box, in upright pixels, over a stretch of time is nothing to hide.

    Attributes:
        box: Where it was seen.
    """

    table = "dismiss"
    box: Sides

    @model_validator(mode="after")
    def _holds_something(self) -> Self:
        _refuse_empty(self.box)
        return self


class Edits(_Part):
    """Everything a person decided about one recording."""

    keep: tuple[Keep, ...] = ()
    confirm: tuple[Confirm, ...] = ()
    change: tuple[Change, ...] = ()
    split: tuple[Split, ...] = ()
    join: tuple[Join, ...] = ()
    trim: tuple[Trim, ...] = ()
    hide: tuple[Hide, ...] = ()
    withhold: tuple[Withhold, ...] = ()
    mute: tuple[Mute, ...] = ()
    dismiss: tuple[Dismiss, ...] = ()

    def decisions(self) -> tuple[Decision, ...]:
        """Every decision, in the order of the file."""
        return tuple(decision for table in type(self).model_fields for decision in getattr(self, table))

    def as_tables(self) -> dict[str, list[dict[str, Any]]]:
        """The same as plain values, as they stand in the file; without what is as it would be anyway."""
        tables = {table: [as_values(each) for each in getattr(self, table)] for table in type(self).model_fields}
        return {table: rows for table, rows in tables.items() if rows}


def as_values(decision: Decision) -> dict[str, Any]:
    """A decision as plain values, as its table in the file has them."""
    return decision.model_dump(mode="json", by_alias=True, exclude_defaults=True)
