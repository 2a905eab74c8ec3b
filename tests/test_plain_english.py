"""The lint of plain English finds what it should, and nothing in the package."""

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


def test_the_package_is_plain() -> None:
    package = Path(__file__).parents[1] / "python" / "bodycam_pipeline"
    assert not [said for path in package.rglob("*.py") for said in LINT["findings"](path.read_text())]
