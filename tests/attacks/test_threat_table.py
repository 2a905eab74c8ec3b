"""The threat table names tests that are there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_test_that_the_threat_table_names_is_there() -> None:
    rows = [line for line in (ROOT / "SECURITY.md").read_text().splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 10
    for row in rows:
        assert len(row.strip("|").split(" | ")) == 4, row
    for name in re.findall(r"`((?:\w+/)?test_\w+|tests/\w+)`", "\n".join(rows)):
        assert any(place.exists() for place in _places(name)), name


def _places(name: str) -> list[Path]:
    return [ROOT / name] if name.startswith("tests/") else [ROOT / f"tests/{at}{name}.py" for at in ("attacks/", "")]
