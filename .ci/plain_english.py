#!/usr/bin/env python3
"""Hold docstrings and error texts to plain English: `python .ci/plain_english.py [FOLDER...]` prints what stumbles.

A docstring starts with a verb or a noun, never with "Of", "As" or "Those"; "Whether." alone says nothing. A sentence of
a docstring or an error has fewer than 35 words.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

MOST_WORDS = 35
FOLDERS = ("python/bodycam_pipeline", "benchmarks", "research", "tests", "docs", "examples")
NO_START = re.compile(r"(Of|As|Those)\b|Whether\.")
_SECTIONS = re.compile(r"\n\s*(Args|Attributes|Raises|Returns|Yields):")
_TABLE = re.compile(r"\n {8}|^ {4}|\||├|```|·|  +\S+  ")
_SENTENCE_END = re.compile(r"(?<=[.!?;:])\s+")


def findings(source: str) -> Iterator[tuple[int, str]]:
    """Line and complaint for every text of a module that is not plain."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield from _docstring(node.lineno, node.value.value)
        elif isinstance(node, ast.Call) and _called(node.func).endswith("Error"):
            for argument in [*node.args[:1], *(each.value for each in node.keywords if each.arg == "remedy")]:
                yield from _sentences(argument.lineno, _text(argument))


def _docstring(line: int, text: str) -> Iterator[tuple[int, str]]:
    if NO_START.match(text.strip()):
        yield line, f"starts with {text.split(maxsplit=1)[0]!r}: start with a verb or a noun"
    prose = _SECTIONS.split(text, maxsplit=1)[0]
    for paragraph in prose.split("\n\n"):
        if not _TABLE.search(paragraph):  # a table or a list, not a sentence
            yield from _sentences(line, paragraph)


def _sentences(line: int, text: str) -> Iterator[tuple[int, str]]:
    for sentence in _SENTENCE_END.split(" ".join(text.split())):
        if (words := len(sentence.split())) >= MOST_WORDS:
            yield line, f"has {words} words in one sentence: {sentence[:60]}…"


def _called(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def _text(node: ast.expr) -> str:
    """The text of a string, each value of an f-string as one word."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) if isinstance(part, ast.Constant) else "x" for part in node.values)
    return ""


def main() -> int:
    """Print every complaint; 1 where there is one."""
    modules = sorted(path for folder in sys.argv[1:] or FOLDERS for path in Path(folder).rglob("*.py"))
    said = [f"{path}:{line}: {what}" for path in modules for line, what in findings(path.read_text())]
    print("\n".join(said), end="\n" if said else "")
    return bool(said)


if __name__ == "__main__":
    sys.exit(main())
