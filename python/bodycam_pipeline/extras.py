"""Libraries that only some commands need: an extra of this distribution brings each of them."""

from importlib.util import find_spec

from bodycam_pipeline.values.errors import MissingExtraError


def require(library: str, extra: str, purpose: str) -> None:
    """Refuse to go on where a library is not installed.

    Args:
        library: Its top-level module.
        extra: Which extra of this distribution brings it.
        purpose: What needs it, for the message: a noun.

    Raises:
        MissingExtraError: it is not installed.
    """
    if find_spec(library) is None:
        raise MissingExtraError(
            f"{purpose} needs the library {library}, which is not installed",
            remedy=f"Install it: pip install 'bodycam-pipeline[{extra}]'.",
        )
