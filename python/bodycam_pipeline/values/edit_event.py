"""One act that changed a job's decisions: what it took out, and what it put in."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from bodycam_pipeline.values.edits import Decision, Edits, as_values

UNDO, REDO, BY_HAND = "undo", "redo", "by hand"
"""Acts that the store makes itself; every other one is a word of who decides."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PlacedEntry(_Part):
    """One entry of ``edits.toml`` and its place.

    Attributes:
        table: As ``keep``.
        index: Its position among the entries of the table.
        entry: Its values, as the file has them.
    """

    table: str
    index: Annotated[int, Field(ge=0)]
    entry: dict[str, Any]


class EditEvent(_Part):
    """One act, with all that it takes to undo it.

    Attributes:
        number: 1, 2, 3 … in the order of the acts.
        at: When, in UTC.
        by: Who.
        act: What, in a word.
        why: The reason, as given.
        removes: Entries that it took out, with their places before.
        adds: Entries that it put in, with their places after.
        plan: The public digest of the plan that the person saw.
        of: The number of the act that this one undoes or does again; 0 for another act.
        before: SHA-256 of ``edits.toml`` before; it tells a machine that stopped from a hand that edits.
        text: The file as a hand left it, comments and all; "" for another act.
    """

    number: int
    at: str
    by: str
    act: str
    why: str = ""
    removes: tuple[PlacedEntry, ...] = ()
    adds: tuple[PlacedEntry, ...] = ()
    plan: str = ""
    of: int = 0
    before: str = ""
    text: str = ""


def entry_of(decision: Decision) -> tuple[str, dict[str, Any]]:
    """The table and the values of a decision, as the file has them."""
    return decision.table, as_values(decision)


def tables_of(edits: Edits) -> dict[str, list[dict[str, Any]]]:
    """Every table of decisions as plain values, empty ones too."""
    return {table: [as_values(each) for each in getattr(edits, table)] for table in Edits.model_fields}
