"""How large the models see the frame."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Literal

from bodycam_pipeline.values.recording import VideoFacts

GRID = 32
"""Pixels: the coarsest stride of every head. An input that is no multiple of it loses its last row and column."""

_BT601_CODES = frozenset({4, 5, 6})
_UNKNOWN_CODE = 2
_HD_LINES = 720


@dataclass(frozen=True, slots=True)
class InputSize:
    """The tensor of one scale; the frame sits at its top left and the rest is padding."""

    width: int
    height: int


def input_sizes(
    long_sides_px: Sequence[int], upright_size: tuple[int, int], *, enlarge: bool = False
) -> tuple[InputSize, ...]:
    """The tensors for these scales, smallest first, none twice; none larger than the frame itself.

    Args:
        long_sides_px: The longer side of the frame at each scale.
        upright_size: Width and height of the upright frame.
        enlarge: Take the scales as they are, larger than the frame too.
    """
    own = max(upright_size)
    sides = sorted({side if enlarge else min(side, own) for side in long_sides_px})
    sizes = [InputSize(*(_padded(part * side / own) for part in upright_size)) for side in sides]
    return tuple(dict.fromkeys(sizes))


def colour_matrix(video: VideoFacts) -> Literal["bt601", "bt709"]:
    """The YCbCr matrix by its ISO/IEC 23091-2 code; where nobody says, the usual one for frames of that height."""
    if video.colour_matrix in _BT601_CODES:
        return "bt601"
    if video.colour_matrix == _UNKNOWN_CODE and min(video.width, video.height) < _HD_LINES:
        return "bt601"
    return "bt709"


def _padded(side: float) -> int:
    return ceil(round(side) / GRID) * GRID or GRID
