"""Into which pieces the playing copy of a recording is cut."""

from collections.abc import Sequence
from fractions import Fraction


def cut_pieces(shown_pts: Sequence[int], time_base: Fraction, seconds: Fraction = Fraction(1)) -> list[int]:
    """Position of the first frame of each piece: pieces last ``seconds``, the last one may be shorter."""
    firsts: list[int] = []
    for position, pts in enumerate(shown_pts):
        if not firsts or (pts - shown_pts[firsts[-1]]) * time_base >= seconds:
            firsts.append(position)
    return firsts
