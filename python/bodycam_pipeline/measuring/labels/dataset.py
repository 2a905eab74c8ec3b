"""What every format of labels comes down to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bodycam_pipeline.values.detection import Kind
from bodycam_pipeline.values.errors import DatasetError

Rows = NDArray[np.float32]

WORDS: Mapping[str, Kind] = {
    "face": "face",
    "human face": "face",
    "person face": "face",
    "plate": "plate",
    "license plate": "plate",
    "licence plate": "plate",
    "licence": "plate",
    "license": "plate",
    "number plate": "plate",
    "car plate": "plate",
    "vehicle registration plate": "plate",
}
"""What labellers call the kinds, in lower case, with spaces for dashes and underscores."""

FORMATS = "COCO (.json), YOLO (data.yaml or classes.txt), VOC (.xml) or labels.json"


@dataclass(frozen=True)
class LabelledPicture:
    """One picture.

    Attributes:
        path: The file.
        size: Width and height that its labels are in, None where they do not say.
        boxes: Per labelled kind (n, 4): left, top, right, bottom, in pixels of the file.
    """

    path: Path
    size: tuple[int, int] | None
    boxes: Mapping[Kind, Rows]


@dataclass(frozen=True)
class Dataset:
    """Pictures in which somebody marked every object of some kinds.

    Attributes:
        name: What its rows are called.
        kinds: Those that were marked; of the others it says nothing.
        pictures: In the order of the list.
    """

    name: str
    kinds: tuple[Kind, ...]
    pictures: Sequence[LabelledPicture]


def kind_of(word: str, called: Mapping[str, Kind]) -> Kind | None:
    """The kind that a labeller's word means; None for words of other things.

    Args:
        word: As in the labels.
        called: Words of this data set beside the usual ones.
    """
    plain = " ".join(word.lower().replace("_", " ").replace("-", " ").split())
    return called.get(word) or WORDS.get(plain)


def kinds_among(words: Iterable[str], called: Mapping[str, Kind], where: Path) -> tuple[Kind, ...]:
    """The kinds that a data set's words name, in alphabetical order.

    Raises:
        DatasetError: none of them.
    """
    listed = list(words)
    found = {kind_of(word, called) for word in listed}
    if found <= {None}:
        raise DatasetError(
            f"{where} labels {', '.join(map(repr, listed)) or 'nothing'}, none of which is known to be a face or plate",
            remedy="Say which word means which kind: --call WORD=face.",
        )
    return tuple(sorted(filter(None, found)))


def stack_boxes(rows: Iterable[tuple[Kind | None, Sequence[float]]], kinds: Sequence[Kind]) -> dict[Kind, Rows]:
    """Rows of (kind, corners) as one array per kind; rows of no kind are left out."""
    listed = list(rows)
    return {
        kind: np.array([corners for k, corners in listed if k == kind], np.float32).reshape(-1, 4) for kind in kinds
    }


def unreadable(path: Path, why: str) -> DatasetError:
    """The error for labels that do not say what they should."""
    return DatasetError(f"cannot read the labels in {path}: {why}", remedy=f"They should be {FORMATS}.")
