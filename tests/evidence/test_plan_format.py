"""docs/plan-format.md says what the code does."""

import re
from pathlib import Path

from bodycam_pipeline.evidence.plan_file import METADATA_KEY, VERSION, _facts
from bodycam_pipeline.values.plan import REGION_SCHEMA
from tests.rules.build import plan

TEXT = (Path(__file__).parents[2] / "docs" / "plan-format.md").read_text()
ROWS_SECTION, FACTS_SECTION = TEXT.split("## The rest")


def table_rows(section):
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in re.findall(r"^\| `.*$", section, re.M)]


def test_the_documented_columns_are_the_schema():
    documented = [(name.strip("`"), kind.strip("`"), null == "yes") for name, kind, null, _ in table_rows(ROWS_SECTION)]
    assert documented == [(f.name, str(f.type), f.nullable) for f in REGION_SCHEMA]


def test_the_documented_facts_are_those_in_the_file():
    documented = [row[0].strip("`") for row in table_rows(FACTS_SECTION)]
    assert sorted(documented) == sorted([*_facts(plan()), "sha256"])
    assert METADATA_KEY.decode() in TEXT
    assert f"| `version` | {VERSION};" in TEXT
