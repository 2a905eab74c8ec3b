"""Which detectors there are, and where a name leads: a registered one, a file, or a file of an installed package."""

import tomllib
from functools import cache
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Any

from bodycam_pipeline.values.errors import MissingModelError, ModelError
from bodycam_pipeline.values.model import Model, Thresholds
from bodycam_pipeline.vision.graph import Graph, read_graph
from bodycam_pipeline.vision.heads import EXPECTATIONS

MODELS = Path(__file__).parents[1] / "models"
"""The shipped list and weights: links to the repository's top-level folder, files in a wheel."""

PACKAGE = "package:"


def list_models() -> list[str]:
    """The registered names, in the order of the list."""
    return list(_registered())


def find_model(name_or_path: str) -> Model:
    """The model behind a registered name, a path, or ``package:DISTRIBUTION/FILE``; present, unchanged, safe to load.

    A file that the registry knows by its digest is that registered model, wherever it lies.

    Raises:
        MissingModelError: no such name, file or package.
        ModelDigestError: the file of a registered name is not the registered one.
        ModelError: the file cannot be used safely.
    """
    entry = _registered().get(name_or_path)
    if entry is not None:
        return _checked(entry)
    if name_or_path.startswith(PACKAGE):
        return _unregistered(_in_package(name_or_path.removeprefix(PACKAGE)))
    path = Path(name_or_path)
    if not path.is_file():
        raise MissingModelError(
            f"no model '{name_or_path}'",
            remedy=f"Name one of {', '.join(_registered())}, the path of an ONNX file, or package:DISTRIBUTION/FILE.",
        )
    return _unregistered(path)


@cache
def _registered() -> dict[str, dict[str, Any]]:
    with (MODELS / "models.toml").open("rb") as file:
        return {entry["name"]: entry for entry in tomllib.load(file)["model"]}


def _checked(entry: dict[str, Any]) -> Model:
    path = MODELS / entry["file"] if "file" in entry else _in_package(entry["package"])
    graph = read_graph(path, entry["sha256"])
    if graph.head != entry["head"]:
        raise ModelError(
            f"'{entry['name']}' is registered as {entry['head']} but its outputs are {graph.head}",
            remedy="Correct its entry in models.toml.",
        )
    return _model(entry, path)


def _model(entry: dict[str, Any], path: Path) -> Model:
    return Model(
        name=entry["name"],
        path=str(path),
        sha256=entry["sha256"],
        head=entry["head"],
        kinds={kind: Thresholds(**thresholds) for kind, thresholds in entry["kinds"].items()},
        channels=entry["channels"],
        mean=tuple(entry["mean"]),
        factor=tuple(entry["factor"]),
        licence=entry["licence"],
        role=entry["role"],
    )


def _unregistered(path: Path) -> Model:
    graph = read_graph(path)
    for entry in _registered().values():
        if entry["sha256"] == graph.sha256:
            return _model(entry, path.resolve())
    return _as_its_head_expects(graph, path.resolve())


def _as_its_head_expects(graph: Graph, path: Path) -> Model:
    """A stranger's weights: what the head's public ones expect, under a name that tells two files apart."""
    expected = EXPECTATIONS[graph.head]
    return Model(
        name=f"{path.stem}@{graph.sha256[:8]}",
        path=str(path),
        sha256=graph.sha256,
        head=graph.head,
        kinds=dict(expected.kinds),
        channels=expected.channels,
        mean=(0.0, 0.0, 0.0),
        factor=expected.factor,
        licence="unknown",
        role="painter",
    )


def _in_package(address: str) -> Path:
    """The file of an installed distribution, from its list of files: nothing of it is imported."""
    distribution, _, file = address.partition("/")
    try:
        listed = files(distribution) or []
    except (PackageNotFoundError, ValueError) as error:
        raise MissingModelError(
            f"the Python distribution '{distribution}' is not installed",
            remedy=f"Install it: pip install {distribution}.",
        ) from error
    for each in listed:
        if each.as_posix() == file:
            return Path(str(each.locate()))
    raise MissingModelError(
        f"the Python distribution '{distribution}' has no file '{file}'",
        remedy=f"Install a version that has it: pip install --force-reinstall {distribution}.",
    )
