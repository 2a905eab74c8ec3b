"""COCO: one JSON with ``images``, ``annotations`` (``bbox`` is left, top, width, height) and ``categories``.

The pictures lie beside the file, in ``images``, or in a folder named after the split (``instances_val2017.json``).
Crowd annotations cover more than one object and are left out.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
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

MAX_BYTES = 1 << 30
"""A list of a million boxes is a hundred megabytes."""


def read(folder: Path, called: Mapping[str, Kind]) -> Iterator[Dataset]:
    """Every COCO list of a folder or its ``annotations``.

    Raises:
        DatasetError: a list of pictures and annotations that contradicts itself.
    """
    for path in sorted([*folder.glob("*.json"), *folder.glob("annotations/*.json")]):
        listing = _listing(path)
        if listing is not None:
            yield _dataset(path, folder, listing, called)


def _listing(path: Path) -> dict[str, Any] | None:
    """The file's contents if it is a COCO list at all."""
    if path.name == "labels.json":
        return None
    try:
        listing = parse_json(read_bytes(path, MAX_BYTES))
    except (OSError, ValueError):
        return None
    parts = {"images", "annotations", "categories"}
    return listing if isinstance(listing, dict) and parts <= listing.keys() else None


def _dataset(path: Path, folder: Path, listing: dict[str, Any], called: Mapping[str, Kind]) -> Dataset:
    try:
        words = {category["id"]: str(category["name"]) for category in listing["categories"]}
        kinds = kinds_among(words.values(), called, path)
        rows: dict[int, list[tuple[Kind | None, Sequence[float]]]] = defaultdict(list)
        for annotation in listing["annotations"]:
            if not annotation.get("iscrowd"):
                left, top, width, height = map(float, annotation["bbox"])
                kind = kind_of(words[annotation["category_id"]], called)
                rows[annotation["image_id"]].append((kind, (left, top, left + width, top + height)))
        pictures = [
            LabelledPicture(
                _found(path, folder, image["file_name"]),
                (int(image["width"]), int(image["height"])),
                stack_boxes(rows[image["id"]], kinds),
            )
            for image in listing["images"]
        ]
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
        raise unreadable(path, repr(error)) from error
    return Dataset(f"{folder.name}/{path.stem}", kinds, pictures)


def _found(path: Path, folder: Path, name: str) -> Path:
    """Where a picture of the list lies; the first place where none is there, so that its absence is reported there."""
    split = path.stem.rsplit("_", 1)[-1]
    places = [path.parent / name, folder / "images" / name, folder / split / name, folder / "images" / split / name]
    return next((place for place in places if place.is_file()), places[0])
