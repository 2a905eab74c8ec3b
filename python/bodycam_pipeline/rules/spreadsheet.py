"""Tables as a spreadsheet opens them: whatever it would take for a formula is text."""

import csv
import io
from collections.abc import Iterable, Sequence

_FORMULA = frozenset("=+-@|\uff1d\uff0b\uff0d\uff20")
"""What a spreadsheet takes for the begin of a formula, also in the wide forms that some keyboards give."""


def csv_text(rows: Iterable[Sequence[object]], line_end: str = "\r\n") -> str:
    """RFC 4180. A text that begins like a formula, or behind blanks like one, is led by an apostrophe; numbers are not.

    Args:
        rows: The cells.
        line_end: Of each row.
    """
    out = io.StringIO()
    csv.writer(out, lineterminator=line_end).writerows([list(map(_cell, row)) for row in rows])
    return out.getvalue()


def _cell(value: object) -> object:
    if not isinstance(value, str):
        return value
    begin = value.lstrip()[:1]
    return f"'{value}" if begin in _FORMULA or value[:1] in {"\t", "\r", "\n"} else value
