"""The person's part of the plan: what ``edits.toml`` says.

```toml
[[keep]]
track = 3
reason = "the requester"
by = "R. Officer"

[[hide]]                      # a box that moves from keyframe to keyframe, in upright pixels
kind = "face"
reason = "minor"
by = "R. Officer"
keyframes = [ { at = "00:12.5", box = [10, 20, 90, 120] }, { at = "00:14", box = [30, 20, 110, 120] } ]

[[hide]]                      # a box that is followed through the pixels, both ways, until that is unsure
kind = "face"
reason = "minor"
by = "R. Officer"
follow = true
keyframes = [ { at = "00:20", box = [10, 20, 90, 120] } ]

[[withhold]]
from = "01:02"
to = "01:09.5"
reason = "interior of a dwelling"
by = "R. Officer"

[[mute]]
from = "02:00"
to = "02:30"
reason = "a name is spoken"
by = "R. Officer"

[[dismiss]]                   # what the second look sees in this box is nothing to hide
from = "02:40"
to = "02:42"
box = [600, 40, 700, 120]
reason = "a poster"
by = "R. Officer"
```

Times are those of the recording's own clock: seconds, ``mm:ss.mmm`` or ``hh:mm:ss.mmm`` from pts 0.
"""

from fractions import Fraction
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from bodycam_pipeline.values.detection import Kind
from bodycam_pipeline.values.timeline import parse_clock


def _clock(value: object) -> Fraction:
    if not isinstance(value, str):
        raise ValueError("write times in quotes: seconds, mm:ss.mmm or hh:mm:ss.mmm")
    return parse_clock(value)


Clock = Annotated[Fraction, BeforeValidator(_clock)]
Said = Annotated[str, Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, populate_by_name=True, allow_inf_nan=False
    )


class _Decision(_Part):
    reason: Said
    by: Said


class Keep(_Decision):
    """Leave a track visible."""

    track: int


class Keyframe(_Part):
    """Where a manual box is at one time: ``left, top, right, bottom`` in upright pixels."""

    at: Clock
    box: tuple[float, float, float, float]

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        left, top, right, bottom = self.box
        if left >= right or top >= bottom:
            raise ValueError(f"an empty box {self.box}: write left, top, right, bottom")
        return self


class Hide(_Decision):
    """Hide a box from the first keyframe to the last, both included; or one box, followed both ways while that is sure.

    Attributes:
        kind: What it is.
        keyframes: Where it is; one alone where it is followed, else two at least.
        follow: Whether the box is followed through the pixels from its one keyframe.
    """

    kind: Kind
    keyframes: Annotated[tuple[Keyframe, ...], Field(min_length=1)]
    follow: bool = False

    @model_validator(mode="after")
    def _enough_keyframes(self) -> Self:
        if self.follow and len(self.keyframes) != 1:
            raise ValueError("follow = true takes one keyframe: draw another box as a [[hide]] of its own")
        if not self.follow and len(self.keyframes) < 2:
            raise ValueError("a box needs two keyframes, from when to when; or follow = true, and it is followed")
        return self

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        times = [k.at for k in self.keyframes]
        if times != sorted(set(times)):
            raise ValueError("keyframes must be in ascending time, no two at the same")
        return self


class Stretch(_Decision):
    """Time from ``from`` (included) to ``to`` (not included)."""

    start: Annotated[Clock, Field(alias="from")]
    end: Annotated[Clock, Field(alias="to")]

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.end <= self.start:
            raise ValueError("'to' must be later than 'from'")
        return self


class Dismiss(Stretch):
    """What the second look sees in a box, in upright pixels, over a stretch of time is nothing to hide."""

    box: tuple[float, float, float, float]

    @model_validator(mode="after")
    def _holds_something(self) -> Self:
        if self.box[0] >= self.box[2] or self.box[1] >= self.box[3]:
            raise ValueError(f"an empty box {self.box}: write left, top, right, bottom")
        return self


class Edits(_Part):
    """Everything a person decided about one recording."""

    keep: tuple[Keep, ...] = ()
    hide: tuple[Hide, ...] = ()
    withhold: tuple[Stretch, ...] = ()
    mute: tuple[Stretch, ...] = ()
    dismiss: tuple[Dismiss, ...] = ()
