"""A person registers a detector: checked as a shipped one is, tried, copied, and never in the place of another."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from bodycam_pipeline.addresses.download import ExpectedFile, download
from bodycam_pipeline.durable import durable_file, locked, make_folder, write_atomically
from bodycam_pipeline.values.detection import Kind
from bodycam_pipeline.values.errors import ModelError
from bodycam_pipeline.values.model import Head, Model, Role
from bodycam_pipeline.vision.entries import ModelEntry, model_entry
from bodycam_pipeline.vision.heads import AS_THEY_ARE, HEAD_DEFAULTS
from bodycam_pipeline.vision.model_file import MAX_BYTES, read_model
from bodycam_pipeline.vision.registry import LIST, find_model, list_models, own_folder
from bodycam_pipeline.vision.toml_text import to_toml
from bodycam_pipeline.vision.trial import GraphFacts, examine, try_model

Channels = Literal["rgb", "bgr"]
Colours = tuple[float, float, float]


@dataclass(frozen=True)
class Registration:
    """What a person says of a model file; what is left out is what its head's public weights expect.

    Attributes:
        name, licence, source: How it is called, what its weights may be used for, where they come from.
        head: None to tell it from the graph.
        classes: Which class index is which kind, where the classes are the weights' own.
        high, low: Scores from which on a track of a kind may begin, and may continue.
        channels, mean, factor: A colour 0..255 enters as ``(colour - mean) * factor``.
        role: Whether it decides what is hidden, or looks for what others missed.
    """

    name: str
    licence: str
    source: str
    head: Head | None = None
    classes: Mapping[int, Kind] = field(default_factory=dict)
    high: Mapping[Kind, float] = field(default_factory=dict)
    low: Mapping[Kind, float] = field(default_factory=dict)
    channels: Channels | None = None
    mean: Colours | None = None
    factor: Colours | None = None
    role: Role = "detector"


def add_model(path: Path, said: Registration) -> Model:
    """Register a model file under a name of one's own.

    Raises:
        ModelError: a name that is taken, a file that cannot be used safely or does not run, or something that has to be
            said and was not.
        StorageError: the disk refused.
    """
    _, sha256 = read_model(path)
    return _added(path, _entry(examine(path, sha256, said.head), sha256, said))


def fetch_model(entry: ModelEntry) -> Model:
    """Fetch a public model, verify it, and register it.

    Raises:
        FetchError: as `download`.
        ModelError: as `add_model`.
        StorageError: the disk refused.
    """
    _refuse_taken(entry.name)
    fetched = own_folder() / f"fetched-{entry.name}.onnx"
    download(ExpectedFile(entry.address or "", entry.sha256, MAX_BYTES), fetched)
    try:
        return _added(fetched, entry)
    finally:
        fetched.unlink(missing_ok=True)


def _added(path: Path, entry: ModelEntry) -> Model:
    try_model(entry.model(path))
    folder = own_folder()
    make_folder(folder)
    with _held(folder):
        _refuse_taken(entry.name)
        placed = entry.model_copy(update={"file": f"{entry.name}.onnx", "address": None, "package": None})
        with durable_file(folder / f"{entry.name}.onnx") as copy, path.open("rb") as original:
            shutil.copyfileobj(original, copy)
        read_model(folder / f"{entry.name}.onnx", entry.sha256)
        _append(folder / LIST, placed)
    return find_model(entry.name)


def _entry(graph: GraphFacts, sha256: str, said: Registration) -> ModelEntry:
    expected = HEAD_DEFAULTS[graph.head]
    mean, factor = AS_THEY_ARE if graph.packed else (expected.mean, expected.factor)
    facts = {
        "name": said.name,
        "file": f"{said.name}.onnx",
        "sha256": sha256,
        "head": graph.head,
        "channels": said.channels or expected.channels,
        "mean": said.mean or mean,
        "factor": said.factor or factor,
        "licence": said.licence,
        "role": said.role,
        "source": said.source,
        "made_from": graph.made_from,
        "classes": dict(said.classes) or None,
        "kinds": _limits(graph.head, said),
    }
    return model_entry(facts, f"model '{said.name}'")


def _limits(head: Head, said: Registration) -> dict[Kind, dict[str, float]]:
    """A threshold that nobody measured has to be said by somebody: there is no safe guess."""
    measured = HEAD_DEFAULTS[head].kinds
    classes = HEAD_DEFAULTS[head].classes or said.classes.values()
    kinds = {*(kind for kind in classes if kind), *said.high, *said.low}
    limits: dict[Kind, dict[str, float]] = {}
    for kind in sorted(kinds):
        known = measured.get(kind)
        high = said.high.get(kind, known.high if known else None)
        low = said.low.get(kind, known.low if known else None)
        if high is None or low is None:
            raise ModelError(
                f"head {head} has no measured thresholds for {kind}, and none are given",
                remedy=f"Measure it with `bodycam eval`, then say --high {kind}=SCORE --low {kind}=SCORE.",
            )
        limits[kind] = {"high": high, "low": low}
    return limits


def _refuse_taken(name: str) -> None:
    if name in list_models():
        raise ModelError(f"there is a model '{name}' already", remedy="Nothing is replaced: choose another name.")


def _append(path: Path, entry: ModelEntry) -> None:
    """Behind what stands there, which stays as a person wrote it."""
    before = path.read_text(encoding="utf-8") if path.exists() else "# Models registered on this machine.\n"
    facts = entry.model_dump(mode="json", exclude_none=True)
    if entry.classes:
        facts["classes"] = {str(number): kind for number, kind in entry.classes.items()}
    write_atomically(path, f"{before.rstrip()}\n\n[[model]]\n{to_toml(facts)}".encode())


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """One registration at a time; the lock dies with its holder."""
    with locked(folder / ".lock"):
        yield
