"""Which detectors there are, and where a name leads: a registered one, a file, or a file of an installed package."""

import os
from functools import cache
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from bodycam_pipeline.own_folders import data_folder
from bodycam_pipeline.values.errors import MissingModelError, ModelError
from bodycam_pipeline.values.model import Model
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.vision.entries import ModelEntry, read_entries
from bodycam_pipeline.vision.heads import AS_THEY_ARE, HEAD_DEFAULTS
from bodycam_pipeline.vision.model_file import read_model
from bodycam_pipeline.vision.trial import GraphFacts, examine, try_model

MODELS = Path(__file__).parents[1] / "models"
"""The shipped list and weights: links to the repository's top-level folder, files in a wheel."""

LIST = "models.toml"
PUBLIC = "public.toml"
PACKAGE = "package:"


def own_folder() -> Path:
    """Where models lie that people registered themselves, with their list: ``BODYCAM_MODELS``, or the user's data."""
    named = os.environ.get("BODYCAM_MODELS")
    return Path(named) if named else data_folder() / "models"


def list_models() -> list[str]:
    """The registered names, in the order of the lists: shipped ones, then a person's own.

    Raises:
        ModelError: the person's own list is not one.
    """
    return [*_shipped(), *own_entries()]


def own_entries() -> dict[str, ModelEntry]:
    """What people registered on this machine, by name.

    Raises:
        ModelError: the list is not one, or an entry bears a shipped model's name.
    """
    path = own_folder() / LIST
    entries = read_entries(path) if path.exists() else {}
    if taken := entries.keys() & _shipped().keys():
        raise ModelError(
            f"{path} has an entry of the shipped name '{min(taken)}'", remedy="Give that entry another name."
        )
    return entries


def public_models() -> dict[str, ModelEntry]:
    """Well-known models of others that can be fetched, by name.

    Raises:
        ModelError: the shipped list is not one.
    """
    return read_entries(MODELS / PUBLIC)


def find_model(name_or_path: str) -> Model:
    """The model behind a registered name, a path, or ``package:DISTRIBUTION/FILE``; present, unchanged, safe to load.

    A file that the registry knows by its digest is that registered model, wherever it lies.

    Raises:
        MissingModelError: no such name, file or package.
        ModelDigestError: the file of a registered name is not the registered one.
        ModelError: the file cannot be used safely, or the person's own list is not one.
    """
    if name_or_path in _shipped():
        return _unchanged(_shipped()[name_or_path], MODELS)[0]
    if name_or_path.startswith(PACKAGE):
        return _unregistered(_in_package(name_or_path.removeprefix(PACKAGE)))
    own = own_entries()
    if name_or_path in own:
        return _checked(own[name_or_path])
    path = Path(name_or_path)
    if not path.is_file():
        raise MissingModelError(
            f"no model '{name_or_path}'",
            remedy=f"Name one of {', '.join(list_models())}, the path of an ONNX file, or package:DISTRIBUTION/FILE; "
            f"`bodycam models fetch` gets {', '.join(public_models())}.",
        )
    return _unregistered(path)


def ready_model(name_or_path: str) -> Model:
    """Find a model and try one that nobody registered first, where it can do no harm: registered ones were tried.

    Raises:
        ModelError: as `find_model`, or it does not run, or not within limits.
    """
    found = find_model(name_or_path)
    if found.name not in list_models():
        try_model(found)
    return found


def is_shipped(model: Model) -> bool:
    """Whether it is one of those that come with this software, to the byte."""
    return any(entry.sha256 == model.sha256 for entry in _shipped().values())


def refuse_unready(policy: Policy) -> None:
    """Refuse a policy of which a model cannot be used, before any work begins.

    Raises:
        ModelError: as `ready_model`.
    """
    auditors = policy.gate.auditors if policy.gate.second_look == "on" else ()
    for name in (*policy.detection.models, *(auditor.model for auditor in auditors)):
        ready_model(name)


@cache
def _shipped() -> dict[str, ModelEntry]:
    return read_entries(MODELS / LIST)


def _unchanged(entry: ModelEntry, folder: Path) -> tuple[Model, Path]:
    if entry.address:
        raise MissingModelError(
            f"'{entry.name}' has an address and no file", remedy="Fetch it with `bodycam models fetch`, then add it."
        )
    path = folder / entry.file if entry.file else _in_package(entry.package or "")
    read_model(path, entry.sha256)
    return entry.model(path), path


def _checked(entry: ModelEntry) -> Model:
    """A person's own: of what is shipped the digest says enough, of others the graph is examined."""
    model, path = _unchanged(entry, own_folder())
    examine(path, entry.sha256, entry.head)
    return model


def _unregistered(path: Path) -> Model:
    _, sha256 = read_model(path)
    if shipped := [entry for entry in _shipped().values() if entry.sha256 == sha256]:
        return shipped[0].model(path.resolve())
    own = [entry for entry in own_entries().values() if entry.sha256 == sha256]
    graph = examine(path, sha256, own[0].head if own else None)
    return own[0].model(path.resolve()) if own else _as_its_head_expects(graph, path.resolve(), sha256)


def _as_its_head_expects(graph: GraphFacts, path: Path, sha256: str) -> Model:
    """A stranger's weights: what the head's public ones expect, under a name that tells two files apart."""
    expected = HEAD_DEFAULTS[graph.head]
    if not expected.kinds or expected.classes is None:
        raise ModelError(
            f"{path} (head {graph.head}) has no measured thresholds",
            remedy="Register it with its thresholds: bodycam models add FILE --high face=... --low face=...",
        )
    mean, factor = AS_THEY_ARE if graph.packed else (expected.mean, expected.factor)
    return Model(
        name=f"{path.stem}@{sha256[:8]}",
        path=str(path),
        sha256=sha256,
        head=graph.head,
        classes=expected.classes,
        kinds=dict(expected.kinds),
        channels=expected.channels,
        mean=mean,
        factor=factor,
        licence="unknown",
        role="detector",
        made_from=graph.made_from,
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
