"""Text of strangers as it may be shown: whatever a terminal or a page would obey is spelled out."""


def printable(text: str, but: str = "") -> str:
    r"""The text with every character that is not printable as ``\xNN`` or ``\uNNNN``.

    Bytes of a file name that are no UTF-8, which Python keeps as lone surrogates, become ``\xNN`` as well.

    Args:
        text: Anything.
        but: Characters that stay, as line breaks in an answer of several lines.
    """
    return text if text.isprintable() else "".join(c if c.isprintable() or c in but else _spelled(c) for c in text)


def _spelled(character: str) -> str:
    number = ord(character)
    if 0xDC80 <= number <= 0xDCFF:
        return f"\\x{number - 0xDC00:02x}"
    return f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}" if number < 65536 else f"\\U{number:08x}"


def counted(number: int, noun: str) -> str:
    """``1 frame``, ``2 frames``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
