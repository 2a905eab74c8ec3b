"""What a network saw: one box, one kind, one score, in one frame."""

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator

from bodycam_pipeline.values.geometry import Box

LONGEST_KIND = 32
_KIND = re.compile(rf"[a-z][a-z0-9-]{{0,{LONGEST_KIND - 1}}}")


def check_kind(word: str) -> str:
    """Return a word that names a kind.

    Raises:
        ValueError: it is none.
    """
    if not _KIND.fullmatch(word):
        raise ValueError(
            f"{word!r} names no kind: write a letter, then letters, digits and dashes, "
            f"all lower case, {LONGEST_KIND} at most"
        )
    return word


Kind = Annotated[str, AfterValidator(check_kind)]
"""A word such as ``face`` or ``house-number``. A policy declares which kinds there are; nothing else lists them."""


@dataclass(frozen=True, slots=True)
class Detection:
    """One box of one network at one scale.

    Attributes:
        network: Its position among the networks that look.
        kind: What it may be.
        box: Where, in pixels of the upright frame.
        score: How sure the network is, 0..1, on its own scale.
    """

    network: int
    kind: Kind
    box: Box
    score: float
