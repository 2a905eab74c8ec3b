"""What a person asks for on the page, as decisions of ``edits.toml``: one act in, the edits as they are to be out.

An act that takes several tracks is one act. Nothing here writes a file; a decision that cannot be applied is refused by
`apply_edits` before it is kept.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import ValidationError

from bodycam_pipeline.rules.anchoring import PlanRows, anchor_tracks, find_meant
from bodycam_pipeline.rules.reshaping import Reshaped, reshape
from bodycam_pipeline.values.edits import Anchor, Decision, Edits, OfTracks, format_time
from bodycam_pipeline.values.errors import EditsError
from bodycam_pipeline.values.geometry import Box
from bodycam_pipeline.values.plan import REGION_SCHEMA, Plan
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.values.recording import Recording

OF_TRACKS = ("keep", "confirm", "change", "split", "join", "trim")
Facts = Mapping[str, Any]


@dataclass(frozen=True)
class Book:
    """What was decided so far, by track.

    Attributes:
        draft: The plan before any edit.
        edits: What was decided.
        recording, policy: Of the plan.
    """

    draft: Plan
    edits: Edits
    recording: Recording
    policy: Policy

    @cached_property
    def reshaped(self) -> Reshaped:
        """The regions of the draft with the numbers of now."""
        return reshape(self.draft, self.edits, self.recording, self.policy)

    @cached_property
    def _detected(self) -> PlanRows:
        return PlanRows.of(self.draft)

    @cached_property
    def first_drawn(self) -> int:
        """The number of the first box that a person drew; the others follow in the order of the file."""
        return int(self.reshaped.rows.tracks.max(initial=0)) + 1

    def tracks_of(self, decision: OfTracks) -> list[int]:
        """The tracks of each anchor of a decision, by the numbers of now."""
        meant = find_meant(decision, self._detected, self.draft, self.recording.video)
        return [int(self.reshaped.rows.tracks[each.row]) for each in meant]

    @cached_property
    def _parts(self) -> NDArray[np.int32]:
        """The number of every region before tracks were joined."""
        apart = replace(self, edits=self.edits.model_copy(update={"join": ()}))
        return apart.reshaped.rows.tracks

    def places(self, track: int, most: int = 5) -> list[list[tuple[int, Box]]]:
        """Frames of a detected track with its box in each, spread over its life: of each part that it was joined of."""
        mine = np.flatnonzero(self.reshaped.rows.tracks == track)
        seen = np.array(self.draft.regions["origin"].to_pylist(), object) == "detected"
        parts = []
        for part in np.unique(self._parts[mine]).tolist():
            own = mine[self._parts[mine] == part]
            best = own[seen[own]] if seen[own].any() else own
            spread = best[np.unique(np.linspace(0, len(best) - 1, min(most, len(best))).astype(int))]
            parts.append([self._place(row) for row in spread.tolist()])
        return parts

    def _place(self, row: int) -> tuple[int, Box]:
        video, sides = self.recording.video, self.reshaped.rows.sides[row].tolist()
        return int(self.reshaped.rows.pts[row]), video.orientation.to_upright(Box(*sides), video.width, video.height)

    def anchors(self, tracks: Sequence[int]) -> tuple[Anchor, ...]:
        """Name tracks of now by place and time: one anchor for each track that they were joined of.

        Raises:
            EditsError: a number that no track has.
        """
        parts = self._parts
        chosen = np.isin(self.reshaped.rows.tracks, list(tracks))
        numbers = np.unique(parts[chosen]).tolist() or list(tracks)
        regions, field = self.draft.regions, REGION_SCHEMA.field("track")
        place = regions.schema.get_field_index("track")
        numbered = regions.set_column(place, field, pa.array(parts, field.type))
        return anchor_tracks(replace(self.draft, regions=numbered), numbers, self.recording.video)

    @cached_property
    def states(self) -> dict[int, tuple[str, OfTracks]]:
        """What was decided of each track: kept or confirmed, and by which decision."""
        kept = {track: ("kept", each) for each in self.edits.keep for track in self.tracks_of(each)}
        hidden = {track: ("hidden", each) for each in self.edits.confirm for track in self.tracks_of(each)}
        return {**hidden, **kept}


def decide(act: str, facts: Facts, by: str, book: Book) -> Edits:
    """The edits after one act of a person.

    Args:
        act: A name of `ACTS`.
        facts: What the page says of it.
        by: The person.
        book: What was decided so far.

    Raises:
        EditsError: no such act, or one that lacks something.
    """
    make = ACTS.get(act)
    if make is None:
        raise EditsError(f"there is no act {act!r}", remedy="Reload the page.")
    try:
        tables = make(book, facts, by)
        return Edits.model_validate(tables)
    except (KeyError, TypeError, IndexError) as error:
        raise EditsError(f"the decision {act!r} lacks {error}", remedy="Reload the page and decide again.") from error
    except ValueError as error:
        raise _unclear(act, error) from None


def _unclear(act: str, error: ValueError) -> EditsError:
    problems: list[Any] = error.errors() if isinstance(error, ValidationError) else []
    why = "; ".join(str(each["msg"]).removeprefix("Value error, ") for each in problems) or str(error)
    return EditsError(f"{act}: {why}", remedy="Change what is missing and decide again.")


Tables = dict[str, list[Any]]


def _tables(edits: Edits) -> Tables:
    return {name: list(getattr(edits, name)) for name in type(edits).model_fields}


def _with(book: Book, table: str, by: str, facts: Facts, **values: Any) -> Tables:
    """The edits with one decision more."""
    said = {name: str(facts[name]).strip() for name in ("reason", "comment") if str(facts.get(name) or "").strip()}
    tables = _tables(book.edits)
    tables[table].append({"by": by, **said, **values})
    return tables


def _numbers(facts: Facts) -> list[int]:
    tracks = [int(track) for track in facts["tracks"]]
    if not tracks:
        raise ValueError("choose a track first")
    return tracks


def _of_tracks(table: str) -> Callable[[Book, Facts, str], Tables]:
    def make(book: Book, facts: Facts, by: str) -> Tables:
        tracks = _numbers(facts)
        values: dict[str, Any] = {"anchors": book.anchors(tracks), "plan": book.draft.sha256}
        if table in {"split", "trim"} and len(values["anchors"]) > 1:
            raise ValueError("this is a group of tracks: take it apart first (Shift+U), and decide about one of them")
        if table == "trim":
            values |= _ends(book, tracks)
        for name in ("at", "from", "to"):
            if facts.get(name) is not None:
                values[name] = f"pts {int(facts[name])}"
        if facts.get("kind"):
            values["kind"] = str(facts["kind"])
        if table == "keep":
            values["shown"] = facts.get("shown", ())
        rest = replace(book, edits=Edits.model_validate(_without(book, tracks, _REPLACED.get(table, ()))))
        return _with(rest, table, by, facts, **values)

    return make


def _ends(book: Book, tracks: Sequence[int]) -> dict[str, str]:
    """Where a track was trimmed before: a new start leaves the end as it is, and a new end the start."""
    earlier = [trim for trim in book.edits.trim if set(tracks) & set(book.tracks_of(trim))]
    ends = {"from": earlier[-1].start, "to": earlier[-1].end} if earlier else {}
    return {name: format_time(time) for name, time in ends.items() if time is not None}


_REPLACED = {"keep": ("keep", "confirm"), "confirm": ("keep", "confirm"), "change": ("change",), "trim": ("trim",)}
"""Which earlier decisions about the same track a new one takes the place of."""


def _only(book: Book, facts: Facts, by: str) -> Tables:
    """All but this person: keep the tracks that are chosen visible, and confirm every other that nobody decided."""
    kept = Edits.model_validate(ACTS["keep"](book, facts, by))
    others = np.setdiff1d(book.reshaped.rows.tracks, [*_numbers(facts), *book.states]).tolist()
    if not others:
        return _tables(kept)
    return ACTS["confirm"](replace(book, edits=kept), {"tracks": others}, by)


def _reset(book: Book, facts: Facts, _by: str) -> Tables:
    """Back to undecided: what was decided of these tracks is taken back, and drawn ones are gone.

    What is one thing and what is two stays: `ungroup` and ``join`` are for that.
    """
    tracks = set(_numbers(facts))
    tables = _without(book, list(tracks), ("keep", "confirm", "change", "trim"))
    numbered = enumerate(tables["hide"], start=book.first_drawn)
    tables["hide"] = [hide for number, hide in numbered if number not in tracks]
    return tables


def _ungroup(book: Book, facts: Facts, _by: str) -> Tables:
    """Take tracks apart that were joined."""
    tables = _without(book, _numbers(facts), ("join",))
    if tables["join"] == list(book.edits.join):
        raise ValueError("nothing was grouped here")
    return tables


def _without(book: Book, tracks: Sequence[int], tables: Sequence[str]) -> Tables:
    """The edits without what some tables say of some tracks."""
    made = _tables(book.edits)
    for table in tables:
        made[table] = list(chain.from_iterable(_less(book, each, set(tracks)) for each in made[table]))
    return made


def _less(book: Book, decision: OfTracks, tracks: set[int]) -> list[OfTracks]:
    """A decision without the anchors of some tracks; none where too few are left."""
    named = zip(decision.anchors, book.tracks_of(decision), strict=True)
    left = tuple(anchor for anchor, track in named if track not in tracks)
    if len(left) == len(decision.anchors):
        return [decision]
    least = 2 if decision.table == "join" else 1
    return [decision.model_copy(update={"anchors": left})] if len(left) >= least else []


def _draw(book: Book, facts: Facts, by: str) -> Tables:
    frames = [
        {"at": f"pts {int(each['pts'])}", "box": [float(side) for side in each["box"]]} for each in facts["keyframes"]
    ]
    flags = {name: True for name in ("follow", "whole") if facts.get(name)}
    return _with(book, "hide", by, facts, kind=str(facts["kind"]), keyframes=frames, **flags)


def _keyframe(book: Book, facts: Facts, _by: str) -> Tables:
    """Correct a drawn box in one frame: a keyframe more, or another box at one."""
    tables = _tables(book.edits)
    place = int(facts["track"]) - book.first_drawn
    if not 0 <= place < len(tables["hide"]):
        raise ValueError("only a box that was drawn is corrected: draw one over the track")
    hide = tables["hide"][place]
    base = book.recording.video.time_base
    frames = {each.at if isinstance(each.at, int) else int(each.at / base): each.box for each in hide.keyframes}
    frames[int(facts["pts"])] = tuple(float(side) for side in facts["box"])
    keyframes = [{"at": f"pts {pts}", "box": box} for pts, box in sorted(frames.items())]
    tables["hide"][place] = {**hide.model_dump(by_alias=True), "keyframes": keyframes}
    return tables


def _stretch(table: str) -> Callable[[Book, Facts, str], Tables]:
    def make(book: Book, facts: Facts, by: str) -> Tables:
        values: dict[str, Any] = {"from": f"pts {int(facts['from'])}", "to": f"pts {int(facts['to'])}"}
        if table == "withhold" and facts.get("kind"):
            values["kind"] = str(facts["kind"])
        if table == "dismiss":
            values["box"] = [float(side) for side in facts["box"]]
        return _with(book, table, by, facts, **values)

    return make


def _comment(book: Book, facts: Facts, _by: str) -> Tables:
    """Write a comment to what was decided: about tracks, or about a span by its place among those of its table."""
    said, tables = {"comment": str(facts["comment"]).strip()}, _tables(book.edits)
    if "table" in facts:
        table, place = _span(facts)
        tables[table][place] = tables[table][place].model_copy(update=said)
        return tables
    tracks, before = set(_numbers(facts)), _tables(book.edits)
    for table in OF_TRACKS:
        about = [bool(tracks & set(book.tracks_of(each))) for each in tables[table]]
        tables[table] = _commented(tables[table], about, said)
    drawn = [number in tracks for number, _ in enumerate(tables["hide"], start=book.first_drawn)]
    tables["hide"] = _commented(tables["hide"], drawn, said)
    if tables == before and said["comment"]:
        raise ValueError("nothing was decided about it yet: decide first, then comment")
    return tables


def _commented(decisions: Sequence[Decision], about: Sequence[bool], said: dict[str, str]) -> list[Decision]:
    return [each.model_copy(update=said) if its else each for each, its in zip(decisions, about, strict=True)]


def _span(facts: Facts) -> tuple[str, int]:
    table, place = str(facts["table"]), int(facts["place"])
    if table not in {"withhold", "mute", "dismiss"} or place < 0:
        raise ValueError("there is no such span")
    return table, place


def _remove(book: Book, facts: Facts, _by: str) -> Tables:
    """Take back a span, by its place among those of its table."""
    table, place = _span(facts)
    tables = _tables(book.edits)
    del tables[table][place]
    return tables


ACTS: dict[str, Callable[[Book, Facts, str], Tables]] = {
    **{table: _of_tracks(table) for table in OF_TRACKS},
    **{table: _stretch(table) for table in ("withhold", "mute", "dismiss")},
    "only": _only,
    "reset": _reset,
    "ungroup": _ungroup,
    "draw": _draw,
    "keyframe": _keyframe,
    "comment": _comment,
    "remove": _remove,
}
