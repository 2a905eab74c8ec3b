"""Answers of workers as data: what a step's return type says, and nothing else, comes out of the bytes.

No pickle: whoever has taken a worker over chooses its bytes. They hold no names of types; the reader knows which type
it waits for, checks every value against it, and builds plain values, arrays of numbers and our own dataclasses.
An answer is one line of JSON, then the bytes of its arrays.
"""

import json
import types
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from enum import Enum
from fractions import Fraction
from functools import cache
from itertools import pairwise
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np

from bodycam_pipeline.foreign import parse_json
from bodycam_pipeline.running.attempts import Answer
from bodycam_pipeline.values import errors
from bodycam_pipeline.values.candidates import CANDIDATE, FRAME, POINT
from bodycam_pipeline.values.errors import BodycamError, Place

Blob = bytes | memoryview
"""What is aside of an answer's line: large, so it is copied as rarely as can be."""

MOST_BYTES = 1 << 30
"""The longest answer: a segment of an hour has a tenth of it."""

MOST_LINE_BYTES = 32 << 20
"""Its longest line: objects of some hundred megabytes. A day of frames of which none decodes has as much."""

MOST_LETTERS = 4000
"""Most letters of an error's words; the rest is cut off."""

STEP_ERRORS = (
    errors.RecordingError,
    errors.ModelError,
    errors.PlanError,
    errors.VerificationError,
    errors.StorageError,
    errors.FetchError,
    errors.KeyFileError,
    errors.VaultError,
    errors.BoxError,
    errors.WorkerError,
)
"""What may refuse a step: trouble of a recording, or of what it needs. Others end a batch, and are no answer."""

NO_ANSWER = b""
"""What a worker says of a task that ended the process that it was done in."""

_ROWS = (FRAME, CANDIDATE, POINT)
"""The kinds of rows that an array of rows may have."""

_NUMBERS = "biuf"
_SCALARS: dict[Any, tuple[type, ...]] = {
    bool: (bool,),
    int: (int,),
    float: (float, int),
    str: (str,),
    type(None): (type(None),),
}


class MalformedAnswerError(Exception):
    """Bytes that are not an answer of the type that was waited for."""


def answer_type(step: Callable[[Any], Any]) -> Any:
    """The type that a step's answers have: as it says itself (``answers``), or as it is annotated."""
    return step.answers if hasattr(step, "answers") else get_type_hints(step)["return"]


def pack(answer: Answer) -> bytes:
    """An answer as bytes.

    Raises:
        TypeError: a result that is no data.
    """
    result, error = answer
    blobs: list[Blob] = []
    if error is not None:
        message = {"error": [type(error).__name__, error.what, error.remedy, _tree(error.where, blobs)]}
    else:
        message = {"result": _tree(result, blobs)}
    message["sizes"] = [len(blob) for blob in blobs]
    return b"\n".join((json.dumps(message, separators=(",", ":")).encode(), b"".join(blobs)))


def unpack(content: bytes | bytearray, type_: Any) -> Answer:
    """The answer in some bytes.

    Raises:
        MalformedAnswerError: they are none of this type.
    """
    try:
        end = content.index(b"\n", 0, MOST_LINE_BYTES)
        message = parse_json(bytes(content[:end]))
        blobs = _blobs(message["sizes"], memoryview(content)[end + 1 :])
        if "error" in message:
            return None, _error(*message["error"])
        return _value(type_, message["result"], blobs), None
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, ArithmeticError, AttributeError) as odd:
        raise MalformedAnswerError(f"{type(odd).__name__}: {odd}") from odd


def _tree(value: Any, blobs: list[Blob]) -> Any:
    """A value as JSON has it; arrays and bytes go aside, and their number stands for them."""
    match value:
        case Enum():
            tree: Any = value.value
        case np.generic():
            tree = value.item()
        case None | bool() | int() | float() | str():
            tree = value
        case bytes():
            tree = _aside(value, blobs)
        case np.ndarray():
            described = value.dtype.descr if value.dtype.names else value.dtype.str
            flat = np.ascontiguousarray(value).reshape(-1).view(np.uint8)
            tree = [_aside(flat.data, blobs), described, *value.shape]
        case Fraction():
            tree = [value.numerator, value.denominator]
        case tuple() | list() | frozenset():
            tree = [_tree(each, blobs) for each in value]
        case dict():
            tree = [[_tree(name, blobs), _tree(each, blobs)] for name, each in value.items()]
        case _ if is_dataclass(value):
            tree = [_tree(getattr(value, each.name), blobs) for each in fields(value)]
        case _:
            raise TypeError(f"{type(value).__name__} is no data")
    return tree


def _aside(content: Blob, blobs: list[Blob]) -> int:
    blobs.append(content)
    return len(blobs) - 1


def _blobs(sizes: list[int], rest: Blob) -> list[Blob]:
    if any(type(size) is not int or size < 0 for size in sizes) or sum(sizes) != len(rest):
        raise ValueError("arrays that are not as long as they say")
    ends = np.cumsum([0, *sizes]).tolist()
    return [rest[first:end] for first, end in pairwise(ends)]


def _error(name: str, what: str, remedy: str, where: Any) -> BodycamError:
    kind = getattr(errors, name) if isinstance(name, str) else None
    if not (isinstance(kind, type) and issubclass(kind, STEP_ERRORS)):
        raise ValueError("no error of a step")
    what, remedy = _exactly((str,), what), _exactly((str,), remedy)
    return kind(what[:MOST_LETTERS], remedy=remedy[:MOST_LETTERS], where=_value(Place, where, []))


def _value(type_: Any, tree: Any, blobs: list[Blob]) -> Any:
    """The value of a type that a tree stands for."""
    origin = get_origin(type_)
    if origin is None:
        return _plain(type_, tree, blobs)
    return _made(origin, get_args(type_), tree, blobs)


def _plain(type_: Any, tree: Any, blobs: list[Blob]) -> Any:
    """Build a value of a type without parameters."""
    if type_ in _SCALARS:
        _exactly(_SCALARS[type_], tree)
        return None if type_ is type(None) else type_(tree)
    if type_ is bytes:
        return bytes(blobs[_exactly((int,), tree)])
    if type_ is Fraction:
        return Fraction(*(_exactly((int,), each) for each in tree))
    if issubclass(type_, Enum):
        return type_(tree)
    hints = _hints(type_)
    return type_(**{name: _value(hints[name], part, blobs) for name, part in zip(hints, tree, strict=True)})


def _made(origin: Any, args: tuple[Any, ...], tree: Any, blobs: list[Blob]) -> Any:
    """Build a value of a type that is made of others."""
    match origin:
        case _ if origin is Annotated:
            value: Any = _value(args[0], tree, blobs)
        case _ if origin in (Union, types.UnionType):
            value = _one_of(args, tree, blobs)
        case _ if origin is Literal:
            value = args[args.index(tree)]
        case _ if origin is np.ndarray:
            value = _array(get_args(args[1])[0], tree, blobs)
        case _ if origin is dict:
            value = {_value(args[0], name, blobs): _value(args[1], part, blobs) for name, part in tree}
        case _ if origin is tuple and args[-1:] != (Ellipsis,):
            parts = zip(args, _exactly((list,), tree), strict=True)
            value = tuple(_value(each, part, blobs) for each, part in parts)
        case _ if origin in (tuple, list, frozenset):
            value = origin(_value(args[0], part, blobs) for part in _exactly((list,), tree))
        case _:
            raise TypeError(f"{origin} is no data")
    return value


def _one_of(choices: tuple[Any, ...], tree: Any, blobs: list[Blob]) -> Any:
    if tree is None and type(None) in choices:
        return None
    (left,) = (each for each in choices if each is not type(None))
    return _value(left, tree, blobs)


def _exactly(allowed: tuple[type, ...], tree: Any) -> Any:
    if type(tree) not in allowed:
        raise TypeError(f"{type(tree).__name__} in the place of {allowed[0].__name__}")
    return tree


def _array(scalar: Any, tree: list[Any], blobs: list[Blob]) -> Any:
    number, described, *shape = tree
    rows = [dtype for dtype in _ROWS if [list(each) for each in dtype.descr] == described]
    dtype = rows[0] if rows and scalar is np.void else np.dtype(_exactly((str,), described))
    if dtype.names is None and (dtype.kind not in _NUMBERS or dtype.type is not scalar):
        raise TypeError(f"{dtype} in the place of {scalar}")
    return np.frombuffer(blobs[number], dtype).reshape([_exactly((int,), each) for each in shape]).copy()


@cache
def _hints(type_: Any) -> dict[str, Any]:
    if not is_dataclass(type_):
        raise TypeError(f"{type_} is no data")
    hints = get_type_hints(type_, include_extras=True)
    return {each.name: hints[each.name] for each in fields(type_)}
