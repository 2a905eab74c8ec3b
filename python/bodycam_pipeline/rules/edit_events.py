"""Decisions as acts that follow one another: each can be undone, and done again."""

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from typing import Any

from bodycam_pipeline.values.edit_event import REDO, UNDO, EditEvent, PlacedEntry, entry_of, tables_of
from bodycam_pipeline.values.edits import Decision, Edits
from bodycam_pipeline.values.errors import EditsError

Change = tuple[tuple[PlacedEntry, ...], tuple[PlacedEntry, ...]]
"""What is taken out, and what is put in."""

Tables = dict[str, list[dict[str, Any]]]


def apply_change(edits: Edits, change: Change) -> Edits:
    """Take entries out and put others in, at their places.

    Raises:
        EditsError: an entry that is to be taken out is not at its place, or one that is put in is none.
    """
    tables = tables_of(edits)
    _apply(tables, change)
    return Edits.model_validate(tables)


def _apply(tables: Tables, change: Change) -> None:
    removes, adds = change
    for placed in sorted(removes, key=lambda each: -each.index):
        rows = tables[placed.table]
        if placed.index >= len(rows) or rows[placed.index] != placed.entry:
            raise EditsError(
                f"the {placed.table} that is to be taken out is not where it was",
                remedy="Open the job again: its decisions were changed meanwhile.",
            )
        rows.pop(placed.index)
    for placed in sorted(adds, key=lambda each: each.index):
        tables[placed.table].insert(placed.index, placed.entry)


def replay(events: Iterable[EditEvent]) -> Edits:
    """The decisions after a sequence of acts."""
    tables = tables_of(Edits())
    for event in events:
        _apply(tables, (event.removes, event.adds))
    return Edits.model_validate(tables)


def change_of(edits: Edits, add: Sequence[Decision], remove: Sequence[Decision]) -> Change:
    """What takes decisions out and puts others in: where those of the same table are taken out, else last.

    Raises:
        EditsError: a decision that is to be taken out is not there.
    """
    tables, removes, adds = tables_of(edits), list[PlacedEntry](), list[PlacedEntry]()
    for table, entry in map(entry_of, remove):
        taken = {placed.index for placed in removes if placed.table == table}
        places = [n for n, row in enumerate(tables[table]) if row == entry and n not in taken]
        if not places:
            raise EditsError(
                f"the {table} that is to be taken out is not among the decisions",
                remedy="Open the job again: its decisions were changed meanwhile.",
            )
        removes.append(PlacedEntry(table=table, index=places[-1], entry=entry))
    for table, entry in map(entry_of, add):
        index = _place(table, tables, removes, adds)
        adds.append(PlacedEntry(table=table, index=index, entry=entry))
    return tuple(removes), tuple(adds)


def _place(table: str, tables: Tables, removes: Sequence[PlacedEntry], adds: Sequence[PlacedEntry]) -> int:
    """Where a decision goes: to the first place of those that are taken out that is not yet filled, else to the end."""
    freed = sorted(placed.index for placed in removes if placed.table == table)
    filled = sum(placed.table == table for placed in adds)
    if filled < len(freed):
        return freed[filled]
    return len(tables[table]) - len(freed) + filled


def difference(before: Edits, after: Edits) -> Change:
    """What makes one set of decisions another."""
    removes, adds = list[PlacedEntry](), list[PlacedEntry]()
    old, new = tables_of(before), tables_of(after)
    for table in old:
        keys = [[repr(sorted(row.items())) for row in rows] for rows in (old[table], new[table])]
        for what, i, i_end, j, j_end in SequenceMatcher(None, keys[0], keys[1], autojunk=False).get_opcodes():
            if what != "equal":
                removes += [PlacedEntry(table=table, index=n, entry=old[table][n]) for n in range(i, i_end)]
                adds += [PlacedEntry(table=table, index=n, entry=new[table][n]) for n in range(j, j_end)]
    return tuple(removes), tuple(adds)


def merge(base: Edits, ours: Edits, theirs: Edits) -> Edits:
    """Both changes of one set of decisions: what either took out is out, what either put in is in."""
    old, mine, other = tables_of(base), tables_of(ours), tables_of(theirs)
    merged = {}
    for table, rows in mine.items():
        gone = [row for row in old[table] if row not in other[table]]
        new = [row for row in other[table] if row not in old[table] and row not in rows]
        merged[table] = [row for row in rows if row not in gone] + new
    return Edits.model_validate(merged)


def stacks(events: Iterable[EditEvent]) -> tuple[list[EditEvent], list[EditEvent]]:
    """The acts that can be undone and those that can be done again, the next one last."""
    undoable, redoable = list[EditEvent](), list[EditEvent]()
    for event in events:
        if event.act == UNDO:
            redoable.append(undoable.pop())
        elif event.act == REDO:
            undoable.append(redoable.pop())
        elif event.removes or event.adds:
            undoable.append(event)
            redoable.clear()
    return undoable, redoable
