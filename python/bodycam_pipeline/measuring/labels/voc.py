"""Pascal VOC: one XML per picture, beside it or in ``Annotations`` with the pictures in ``JPEGImages``.

``difficult`` objects are left in: who asks what a detector misses wants to know about them.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.etree.ElementTree import Element

from bodycam_pipeline.foreign import parse_xml, read_bytes
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
    """The data set of a folder's annotations.

    Raises:
        DatasetError: an XML file that is no annotation.
    """
    files = sorted([*folder.glob("*.xml"), *folder.glob("Annotations/*.xml"), *folder.glob("annotations/*.xml")])
    if not files:
        return
    roots = {path: _root(path) for path in files}
    words = sorted({name.text or "" for root in roots.values() for name in root.iterfind("object/name")})
    kinds = kinds_among(words, called, folder)
    yield Dataset(folder.name, kinds, [_picture(path, root, folder, called, kinds) for path, root in roots.items()])


def _root(path: Path) -> Element:
    try:
        return parse_xml(read_bytes(path))
    except (ValueError, OSError) as error:
        raise unreadable(path, str(error)) from error


def _picture(
    path: Path, root: Element, folder: Path, called: Mapping[str, Kind], kinds: tuple[Kind, ...]
) -> LabelledPicture:
    def number(element: Element, place: str) -> float:
        return float(element.findtext(place) or "missing")

    try:
        size = (int(number(root, "size/width")), int(number(root, "size/height")))
        rows = [
            (kind_of(thing.findtext("name") or "", called), [number(thing, f"bndbox/{side}") for side in SIDES])
            for thing in root.iterfind("object")
        ]
    except (ValueError, OverflowError) as error:
        raise unreadable(path, str(error)) from error
    name = Path(root.findtext("filename") or f"{path.stem}.jpg").name
    places = [path.parent / name, folder / "JPEGImages" / name, folder / "images" / name]
    picture = next((place for place in places if place.is_file()), places[0])
    return LabelledPicture(picture, size, stack_boxes(rows, kinds))


SIDES = ("xmin", "ymin", "xmax", "ymax")
