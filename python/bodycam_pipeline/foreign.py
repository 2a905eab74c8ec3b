"""Files that are not ours: regular ones only, read up to a limit, and parsed up to a depth.

Everything that reads a stranger's JSON, TOML, YAML or XML reads it through here. What is refused is refused as a parser
would: by an `OSError` where it cannot be read, by a `ValueError` where it says nothing that can be used.
"""

import json
import os
import re
import stat
import tomllib
from collections.abc import Iterable
from errno import EFBIG, EINVAL, EISDIR
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from bodycam_pipeline.extras import require

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MOST_BYTES = 16 << 20
"""Size limit of a list, a policy or a person's decisions: a thousand times what people write."""

MOST_YAML_BYTES = 64 << 10
"""Size limit of a data set's classes; the parser takes a second for as much."""

MOST_DEPTH = 64
"""Limit of brackets in brackets; what people and tools write is under ten deep."""

_NO_FILE = "it is no regular file"
_MOST_PARTS = 32
_LONG_KEY = re.compile(rf"""(?:(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){{{_MOST_PARTS}}}""")
"""A TOML name of so many parts: the parser's time grows with the square of their number."""


def open_regular(path: str | Path) -> BinaryIO:
    """Open a file for reading; a pipe, a device or a folder is none, and is not waited for.

    Raises:
        OSError: it cannot be opened, or is no regular file.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        folder = stat.S_ISDIR(mode)
        raise OSError(EISDIR if folder else EINVAL, os.strerror(EISDIR) if folder else _NO_FILE, str(path))
    return os.fdopen(descriptor, "rb")


def read_bytes(path: str | Path, most: int = MOST_BYTES) -> bytes:
    """All of a file.

    Raises:
        OSError: as `open_regular`, or it is longer than ``most`` bytes.
    """
    with open_regular(path) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise OSError(EFBIG, f"it is longer than {most} bytes", str(path))
    return content


def read_text(path: str | Path, most: int = MOST_BYTES) -> str:
    """All of a text in UTF-8, without the mark that some editors put before it.

    Raises:
        OSError: as `read_bytes`.
        UnicodeDecodeError: it is not UTF-8.
    """
    return read_bytes(path, most).decode("utf-8-sig")


def parse_json(text: str | bytes) -> Any:
    """The value of a JSON text.

    Raises:
        ValueError: not JSON, or more than `MOST_DEPTH` deep.
    """
    try:
        value = json.loads(text)
    except RecursionError:
        raise _too_deep() from None
    _refuse_deep(value)
    return value


def parse_toml(text: str) -> dict[str, Any]:
    """The table of a TOML text.

    Raises:
        ValueError: not TOML, or more than `MOST_DEPTH` deep.
    """
    _refuse_nested(text)
    if _LONG_KEY.search(text):
        raise ValueError(f"a name of more than {_MOST_PARTS} parts")
    try:
        value = tomllib.loads(text)
    except RecursionError:
        raise _too_deep() from None
    _refuse_deep(value)
    return value


def parse_yaml(text: str) -> Any:
    """The value of a YAML text without aliases, by which a short one could stand for an endless one.

    Raises:
        ValueError: not YAML, longer than `MOST_YAML_BYTES`, too deep, or with aliases.
        MissingExtraError: the extra ``eval`` is not installed.
    """
    require("yaml", "eval", "reading YAML")
    import yaml

    class WithoutAliases(yaml.SafeLoader):
        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                raise yaml.YAMLError("an alias, which no list of classes needs")
            return super().compose_node(parent, index)

    if len(text) > MOST_YAML_BYTES:
        raise ValueError(f"longer than {MOST_YAML_BYTES} bytes")
    _refuse_nested(text)
    try:
        value = yaml.load(text, WithoutAliases)  # noqa: S506 - a safe loader
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(str(error)) from error
    _refuse_deep(value)
    return value


def parse_xml(content: bytes) -> "Element":
    """The root of an XML text, without entities and external parts.

    Raises:
        ValueError: not such a text, or more than `MOST_DEPTH` deep.
        MissingExtraError: the extra ``eval`` is not installed.
    """
    require("defusedxml", "eval", "reading XML")
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import iterparse

    root, depth = None, 0
    try:
        for event, element in iterparse(BytesIO(content), events=("start", "end")):
            root = element if root is None else root
            depth += 1 if event == "start" else -1
            if depth > MOST_DEPTH:
                raise _too_deep()
    except (ParseError, DefusedXmlException, LookupError) as error:
        raise ValueError(str(error)) from error
    if root is None:
        raise ValueError("it is empty")
    found: Element = root
    return found


def _refuse_nested(text: str) -> None:
    """Before parsers whose time grows with the square of the depth: brackets, wherever they stand."""
    depth = 0
    for bracket in re.findall(r"[\[\]{}]", text):
        depth += 1 if bracket in "[{" else -1
        if depth > MOST_DEPTH:
            raise _too_deep()


def _refuse_deep(value: Any) -> None:
    level, depth = [value], 0
    while level:
        if depth > MOST_DEPTH:
            raise _too_deep()
        level = [part for each in level for part in _parts(each)]
        depth += 1


def _parts(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _too_deep() -> ValueError:
    return ValueError(f"brackets are nested deeper than {MOST_DEPTH}")
