"""A word that has to be one of a list which is kept elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class OneOf:
    """Validate that a word is one of a list.

    Attributes:
        what: What the word should be.
        known: Every word that is.
    """

    what: str
    known: Sequence[str]

    def __call__(self, word: str) -> str:
        """Return the word.

        Raises:
            ValueError: it is not on the list.
        """
        if word not in self.known:
            raise ValueError(f"{self.what} {word!r} is unknown: use one of {', '.join(self.known)}")
        return word
