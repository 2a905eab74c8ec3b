"""TOML files that people write: read strictly, refused in sentences that name the line."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from bodycam_pipeline.foreign import parse_toml, read_text
from bodycam_pipeline.values.errors import BodycamError

Value = TypeVar("Value", bound=BaseModel)

_SENTENCES = {
    "extra_forbidden": "unknown key",
    "missing": "is missing",
    "string_type": "must be text in quotes",
    "string_too_short": "must not be empty",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "tuple_type": "must be a list in square brackets",
    "model_type": "must be a table",
    "dict_type": "must be a table",
}


def read_toml(path: Path, value: type[Value], refusal: type[BodycamError]) -> Value:
    """Read a file into a value.

    Raises:
        BodycamError: of the kind ``refusal``: not there, not TOML, or not such a value; with file, line and key.
    """
    return parse_value(_text(path, refusal), path, value, refusal)


def parse_value(text: str, path: Path, value: type[Value], refusal: type[BodycamError]) -> Value:
    """Read a value from the text of a file.

    Raises:
        BodycamError: as `read_toml`.
    """
    try:
        return value.model_validate(_whole(text, path, refusal))
    except ValidationError as error:
        problems = [_problem(problem, text) for problem in error.errors(include_url=False)]
        raise refusal(f"{path}: {'; '.join(problems)}", remedy="Correct the file and run again.") from None


def _text(path: Path, refusal: type[BodycamError]) -> str:
    try:
        return read_text(path)
    except UnicodeDecodeError as error:
        raise refusal(f"{path} is not UTF-8 text", remedy="Save it as UTF-8.") from error
    except OSError as error:
        raise refusal(f"cannot read {path}: {error.strerror}", remedy="Check the name and who may read it.") from error


def _whole(text: str, path: Path, refusal: type[BodycamError]) -> dict[str, Any]:
    try:
        return parse_toml(text)
    except ValueError as error:
        raise refusal(f"{path} is not TOML: {error}", remedy="Correct the line and run again.") from error


def _problem(problem: Any, text: str) -> str:
    place = [part for part in problem["loc"] if not (isinstance(part, str) and part.startswith("["))]
    line = line_of(place, text)
    return f"{f'line {line}, ' if line else ''}{_spoken(place)}: {_sentence(problem)}".replace(", : ", ": ")


def _sentence(problem: Any) -> str:
    kind, context = problem["type"], problem.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "literal_error":
        return f"must be one of {context['expected']}, not {problem['input']!r}"
    if kind in _SENTENCES:
        return _SENTENCES[kind]
    message = str(problem["msg"])
    return f"{message[:1].lower()}{message[1:]} (here {problem['input']!r})"


def _spoken(place: Sequence[str | int]) -> str:
    """``hide[2].keyframes[1].at``, counted from 1 as people count."""
    words = ""
    for part in place:
        words += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if words else part
    return words


def line_of(place: Sequence[str | int], text: str) -> int | None:
    """The line that most likely holds a key: its own, else its table's; None where neither is written out."""
    names = [part for part in place if isinstance(part, str)]
    lines = text.splitlines()
    best, start = None, 0
    for depth in range(len(names), 0, -1):
        header = ".".join(names[:depth])
        found = [n for n, line in enumerate(lines) if re.match(rf"\s*\[\[?\s*{re.escape(header)}\s*\]\]?", line)]
        wanted = next((part for part in place if isinstance(part, int)), 0)
        if found:
            start = found[min(wanted, len(found) - 1)]
            best = start + 1
            break
    for name in names[::-1]:
        for number, line in enumerate(lines[start + (best is not None) :], start=start + 1 + (best is not None)):
            if best is not None and line.lstrip().startswith("["):
                break
            if re.match(rf"\s*{re.escape(name)}\s*=", line):
                return number
    return best
