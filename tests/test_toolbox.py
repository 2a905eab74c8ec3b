"""What each room needs stands once: how to lock, to digest a file, to write Parquet and to fill a template."""

from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "python" / "bodycam_pipeline"
TOOLS = {
    "fcntl.flock(": "durable.py",
    "hashlib.file_digest(": "digests.py",
    "pq.write_table(": "evidence/parquet.py",
    "Environment(": "reports/templates.py",
}


@pytest.mark.parametrize(("call", "home"), TOOLS.items())
def test_a_tool_stands_once(call: str, home: str) -> None:
    users = [str(path.relative_to(PACKAGE)) for path in PACKAGE.rglob("*.py") if call in path.read_text()]
    assert users == [home]


def test_what_ships_with_the_models_stands_once() -> None:
    beside = PACKAGE.parents[1] / "models"
    assert {path.resolve().parent for path in (PACKAGE / "models").iterdir()} == {beside}
