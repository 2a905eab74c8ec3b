"""The page about capacity quotes what the command prints, and nothing that was typed by hand."""

import json
import re
import subprocess
from pathlib import Path

from tests.backlog.machine import BODYCAM

PAGE = Path(__file__).parents[2] / "docs" / "capacity.md"


def plan_capacity(*words: str) -> str:
    done = subprocess.run([BODYCAM, "plan-capacity", *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_page_holds_what_the_command_that_it_names_prints() -> None:
    page = PAGE.read_text()
    (words,) = re.findall(r"`bodycam plan-capacity (--table --rate [^`]+)`", page)
    assert plan_capacity(*words.split()) in page


def test_the_table_says_for_each_amount_what_the_single_answer_says() -> None:
    rate = ("--rate", "5", "--workers-per-node", "32", "--json")
    rows = json.loads(plan_capacity("--table", *rate))["rows"]
    for row in rows:
        amount = row.pop("terabytes")
        assert row == json.loads(plan_capacity("--terabytes", str(amount), *rate))
