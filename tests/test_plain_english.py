"""The lint of plain English finds what it should, and nothing in what lies here."""

import runpy
from pathlib import Path

import pytest

LINT = runpy.run_path(str(Path(__file__).parents[1] / ".ci" / "plain_english.py"))
LONG = " ".join(["word"] * 35)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ('"""Of every answer."""', "starts with 'Of'"),
        ('def f():\n    """Whether."""', "starts with 'Whether.'"),
        (f'"""Say it. {LONG}."""', "has 35 words"),
        (f'raise SomeError("{LONG}", remedy="Stop.")', "has 35 words"),
        (f'raise SomeError(f"{{x}} is wrong", remedy="{LONG}")', "has 35 words"),
    ],
)
def test_finds_what_stumbles(source: str, said: str) -> None:
    ((_, what),) = LINT["findings"](source)
    assert said in what


def test_lets_plain_words_tables_and_arguments_pass() -> None:
    source = f'"""Return it.\n\nArgs:\n    x: {LONG}\n"""\nraise SomeError("x is wrong", remedy="Mend x.")'
    assert not list(LINT["findings"](source))


@pytest.mark.parametrize("folder", LINT["FOLDERS"])
def test_everything_is_plain(folder: str) -> None:
    modules = list((Path(__file__).parents[1] / folder).rglob("*.py"))
    assert modules
    assert not [(path.name, said) for path in modules for said in LINT["findings"](path.read_text())]
