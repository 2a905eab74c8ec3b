"""The maps of the house lead where they say."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "python" / "bodycam_pipeline"
PAGE = (ROOT / "docs" / "where-is.md").read_text()
PLACES = re.findall(r"^\| (.+?\?) \| `([^`]+)` \| `([^`]+)` \|$", PAGE, re.MULTILINE)
TOUCHED = re.findall(r"`([\w/-]+(?:\.\w+|/))`", PAGE.partition("## How to add")[2])
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("0*.md"))
MOST_ARCHITECTURE_BYTES = 6 << 10
MOST_DECISION_LINES = 40


def place(path: str) -> Path:
    return ROOT / path if path.startswith(("rust/", "tests/", "docs/")) else PACKAGE / path


@pytest.mark.parametrize(("question", "path", "symbol"), PLACES)
def test_a_question_leads_to_a_definition(question: str, path: str, symbol: str) -> None:
    assert re.search(rf"^ *(pub )?(def|class|enum) {symbol}\b", place(path).read_text(), re.MULTILINE), question


def test_ten_questions_of_a_newcomer_and_twenty_in_all_are_answered() -> None:
    assert PAGE.partition("## More questions")[0].count("? | `") == 10
    assert len(PLACES) >= 20


@pytest.mark.parametrize("path", sorted(set(TOUCHED)))
def test_what_is_to_be_touched_is_there(path: str) -> None:
    assert place(path).exists()


def test_the_design_is_short() -> None:
    assert len((ROOT / "ARCHITECTURE.md").read_bytes()) <= MOST_ARCHITECTURE_BYTES


def test_decisions_are_numbered_without_a_gap_and_listed() -> None:
    assert [int(path.name[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))
    index = (ROOT / "docs" / "decisions" / "index.md").read_text()
    assert all(f"]({path.name})" in index for path in DECISIONS)


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.name[:4])
def test_a_decision_is_short_and_says_who_would_notice(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= MOST_DECISION_LINES
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision and consequence", "Noticed by"]
    assert re.search(r"tests/\S+\.py|python -m \S+", text.partition("## Noticed by")[2])


def test_the_numbers_that_code_cites_are_decisions() -> None:
    numbers = {path.name[:4] for path in DECISIONS}
    sources = [*PACKAGE.rglob("*.py"), *(ROOT / "rust").rglob("src/**/*.rs")]
    cited = {number for path in sources for number in re.findall(r"decision (\d{4})", path.read_text())}
    assert cited
    assert cited <= numbers
