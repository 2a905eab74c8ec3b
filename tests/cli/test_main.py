"""The `bodycam` command: every verb is loaded when it is asked for, and not before."""

import subprocess
import sys
from importlib import import_module

import pytest
import typer
from typer.testing import CliRunner

from bodycam_pipeline.cli.main import VERBS, app, new_app

LOADED = """
import sys
from bodycam_pipeline.cli.main import main
try:
    main()
except SystemExit:
    print(*sys.modules)
"""


def added(modules: list[str]) -> set[str]:
    verbs = new_app()
    for module in modules:
        import_module(f"bodycam_pipeline.cli.{module}").add_to(verbs)
    return set(typer.main.get_group(verbs).commands)


def test_the_table_names_the_verbs_of_every_module() -> None:
    assert all(verb in added(modules) for verb, modules in VERBS.items())
    assert set().union(*map(added, VERBS.values())) == set(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_says_what_it_does(verb: str) -> None:
    result = CliRunner().invoke(app, [verb, "--help"])
    assert result.exit_code == 0
    assert f"bodycam {verb}" in result.stdout


def test_a_verb_that_is_none_is_refused_with_a_near_one() -> None:
    result = CliRunner().invoke(app, ["redcat"])
    assert (result.exit_code, "Did you mean 'redact'" in result.output) == (2, True)


def test_redact_loads_nothing_that_only_other_verbs_need() -> None:
    command = [sys.executable, "-c", LOADED, "redact", "--help"]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    rooms = {name.split(".")[1] for name in loaded if name.startswith("bodycam_pipeline.")}
    assert "pipeline" in rooms
    assert not rooms & {"page", "demo", "measuring"}
    assert not {f"bodycam_pipeline.cli.{name}" for name in ("batch", "bench", "page", "vault")} & set(loaded)
