"""``labels.json``: ``{"kind": "face", "items": [{"file", "width", "height", "boxes": [[left, top, right, bottom]]}]}``.

A list marks one kind; an item may name another ``kind``. Items of kinds that are unknown here are left out.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bodycam_pipeline.foreign import parse_json, read_bytes
from bodycam_pipeline.measuring.labels.dataset import (
    Dataset,
    LabelledPicture,
    kind_of,
    kinds_among,
    stack_boxes,
    unreadable,
)
from bodycam_pipeline.values.detection import Kind


def read(folder: Path, called: Mapping[str, Kind]) -> Iterator[Dataset]:
    """The data set of a folder with a ``labels.json``; nothing where there is none.

    Raises:
        DatasetError: the file is not such a list.
    """
    path = folder / "labels.json"
    if not path.is_file():
        return
    try:
        listing = parse_json(read_bytes(path))
        words = {item.get("kind", listing.get("kind")) for item in listing["items"]}
        kinds = kinds_among(sorted(words), called, path)
        pictures = [_picture(folder, item, kind_of(item.get("kind", listing.get("kind")), called), kinds)
                    for item in listing["items"]]  # fmt: skip
    except (OSError, KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        raise unreadable(path, repr(error)) from error
    for kind in kinds:
        marked = [picture for picture in pictures if picture.boxes.keys() == {kind}]
        name = folder.name if len(kinds) == 1 else f"{folder.name} ({kind})"
        yield Dataset(name, (kind,), marked)


def _picture(folder: Path, item: dict[str, Any], kind: Kind | None, kinds: tuple[Kind, ...]) -> LabelledPicture:
    boxes = stack_boxes(((kind, box) for box in item["boxes"]), kinds)
    size = (int(item["width"]), int(item["height"]))
    return LabelledPicture(folder / item["file"], size, {kind: boxes[kind]} if kind else {})
