"""A table on paper: landscape A4, the headings on every page, the pages numbered. Equal tables give equal bytes."""

import io
from collections.abc import Sequence
from functools import cache, partial
from typing import Any

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import LongTable, SimpleDocTemplate, TableStyle

FONT, SIZE_PT, LINE_PT, CELL_PADDING_PT, MARGIN_PT = "Vera", 8, 10, 4, 36
WIDTHS = (34, 76, 76, 46, 82, 320, 136)
"""Points of line, start, end, kind, place, reason, by; in all the width of the page between its margins."""

STYLE = TableStyle(
    [
        ("FONT", (0, 0), (-1, -1), FONT, SIZE_PT, LINE_PT),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("PADDING", (0, 0), (-1, -1), CELL_PADDING_PT),
        ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
        ("LINEBELOW", (0, 0), (-1, -1), 0.25, colors.lightgrey),
    ]
)


def print_table(title: str, notice: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """The PDF of a table; a letter that its font does not have is printed as a question mark.

    Args:
        title: At the head of every page.
        notice: Beside the number of every page.
        headings: Of the columns of `WIDTHS`.
        rows: As many cells as headings each.
    """
    out = io.BytesIO()
    document = SimpleDocTemplate(
        out,
        pagesize=landscape(A4),
        invariant=1,
        title=_legible(title),
        leftMargin=MARGIN_PT,
        rightMargin=MARGIN_PT,
        topMargin=MARGIN_PT + LINE_PT,
        bottomMargin=MARGIN_PT + LINE_PT,
    )
    cells = [[_wrapped(cell, width) for cell, width in zip(row, WIDTHS, strict=True)] for row in (headings, *rows)]
    frame = partial(_margins, _legible(title), _legible(notice))
    document.build(
        [LongTable(cells, colWidths=WIDTHS, repeatRows=1, style=STYLE)], onFirstPage=frame, onLaterPages=frame
    )
    return out.getvalue()


def _margins(title: str, notice: str, canvas: Any, document: Any) -> None:
    width, height = document.pagesize
    canvas.setFont(FONT, SIZE_PT + 2)
    canvas.drawString(MARGIN_PT, height - MARGIN_PT, title)
    canvas.setFont(FONT, SIZE_PT)
    canvas.drawString(MARGIN_PT, MARGIN_PT, notice)
    canvas.drawRightString(width - MARGIN_PT, MARGIN_PT, f"page {canvas.getPageNumber()}")


def _wrapped(text: str, width: float) -> str:
    return "\n".join(simpleSplit(_legible(text), FONT, SIZE_PT, width - 2 * CELL_PADDING_PT))


def _legible(text: str) -> str:
    return "".join(letter if ord(letter) in _letters() else "?" for letter in text)


@cache
def _letters() -> frozenset[int]:
    """Code points that the font has; Bitstream Vera comes with reportlab and is embedded."""
    font = TTFont(FONT, "Vera.ttf")
    pdfmetrics.registerFont(font)
    return frozenset(font.face.charToGlyph)
