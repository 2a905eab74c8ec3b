"""A word that has to be one of a list which is kept elsewhere."""

from collections.abc import Callable, Sequence


def one_of(what: str, known: Sequence[str]) -> Callable[[str], str]:
    """Build a validator that returns a word of the list and refuses any other.

    Raises:
        ValueError: from the validator: what the word should be, and every word that is known.
    """

    def check(word: str) -> str:
        if word not in known:
            raise ValueError(f"{what} {word!r} is unknown: use one of {', '.join(known)}")
        return word

    return check
