"""Make short clips from labelled pictures, as a camera that moves over them: far more things than the clips have.

    python -m research.pans DATA OUT

DATA holds ``eval/`` and ``train/web/``. OUT gets one recording for each picture taken, and ``truth.json`` with what
it shows, for `research.calibrate CLIPS OUT`. A window of four fifths of the picture's sides moves over it and trembles;
the light, the noise and a smear are drawn for each clip. A clip's ``teaches`` says what may be learnt from it: pictures
of faces are not labelled for plates, and miss some small faces, so that nothing beside their boxes is called nobody.
"""

import argparse
import hashlib
import json
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from bodycam_pipeline.mp4.write_recording import write_recording
from bodycam_pipeline.values.geometry import Box
from bodycam_pipeline.values.truth import Flag, TrueBox
from research.harder import Picture, Scene, inside, noisy, smeared

SETS = {"faces_street": ("face", 150), "plates_street": ("plate", 60), "plates_dashcam": ("plate", 40)}
"""Sets of pictures with a stated licence that no network of ours was trained on: the one kind they label, and how many
pictures are taken."""

NOBODY = 110
"""Pictures taken of those in which nobody is."""

WINDOW = 0.8
TREMBLE_PX = 1.5
SHORTEST, LONGEST = 0.2, 3.0
"""Seconds."""

RATES = (10, 15, 25, 30)
SMALLEST_PX = 8.0
"""A face or a plate's longer side below which nobody has to see it."""

SILENCE_HZ = 8000


def labelled(data: Path, draw: np.random.Generator) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Pictures that may teach, with their labels: things in the sets, nobody in what was searched for nobody."""
    for name, (kind, count) in SETS.items():
        for item in _drawn(data / "eval" / name, draw, count):
            flags = [("must" if _longer(box) >= SMALLEST_PX else "may", kind, box) for box in item["boxes"]]
            yield data / "eval" / name / item["file"], {"boxes": flags, "teaches": {"things": [kind], "nobody": []}}
    for item in _drawn(data / "train" / "web", draw, NOBODY, negative=True):
        unsure = [("ignore", "face", box) for box in item["possible"]]
        unsure += [("ignore", "plate", box) for box in item.get("possible_plates", [])]
        teaches = {"things": [], "nobody": ["face", "plate"]}
        yield data / "train" / "web" / item["file"], {"boxes": unsure, "teaches": teaches}


def _drawn(folder: Path, draw: np.random.Generator, count: int, **wanted: bool) -> list[dict[str, Any]]:
    items = json.loads((folder / "labels.json").read_text())["items"]
    items = [item for item in items if all(item.get(key) == value for key, value in wanted.items())]
    return [items[n] for n in sorted(draw.permutation(len(items))[:count].tolist())]


def _longer(box: list[float]) -> float:
    return max(box[2] - box[0], box[3] - box[1])


def pan(picture: Picture, boxes: list[tuple[Flag, Any, list[float]]], draw: np.random.Generator) -> Scene:
    """A clip of a window that moves over a picture."""
    height, width = picture.shape[:2]
    size = (int(width * WINDOW) // 2 * 2, int(height * WINDOW) // 2 * 2)
    rate = int(draw.choice(RATES))
    count = max(4, round(rate * float(np.exp(draw.uniform(*np.log([SHORTEST, LONGEST]))))))
    slack = np.array([width, height]) - size
    ends = draw.uniform(0, slack, (2, 2))
    path = ends[0] + np.linspace(0, 1, count)[:, None] * (ends[1] - ends[0]) + draw.normal(0, TREMBLE_PX, (count, 2))
    corners = np.clip(np.rint(path), 0, slack).astype(int).tolist()
    windows = tuple(np.ascontiguousarray(picture[y : y + size[1], x : x + size[0]]) for x, y in corners)
    things = tuple(TrueBox(0, n, flag, kind, Box(*box)) for n, (flag, kind, box) in enumerate(boxes))
    shown = tuple(inside(things, (-x, -y), size) for x, y in corners)
    return Scene(windows, shown, Fraction(rate))


def worn(scene: Scene, draw: np.random.Generator) -> Scene:
    """Less light, noise, and in one clip of three some smeared frames."""
    light, noise = float(draw.uniform(0.25, 1.0)), float(draw.uniform(0, 4))
    scene = noisy(scene, draw, light, noise)
    return smeared(scene, draw) if draw.random() < 1 / 3 else scene


def facts_of(scene: Scene, path: Path, teaches: Mapping[str, Any]) -> dict[str, Any]:
    """The entry of ``truth.json``."""
    ticks, (width, height) = scene.rate.denominator, scene.size
    things: dict[int, list[list[Any]]] = {}
    for frame, boxes in enumerate(scene.boxes):
        for each in boxes:
            b = each.box
            row = [frame, each.flag, each.kind, b.left, b.top, b.right, b.bottom]
            things.setdefault(each.thing, []).append(row)
    return {
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "width": width,
        "height": height,
        "rotation": 0,
        "time_base": [1, scene.rate.numerator],
        "pts": [n * ticks for n in range(len(scene.pictures))],
        "end_pts": len(scene.pictures) * ticks,
        "span": [0, len(scene.pictures) - 1],
        "things": [{"id": thing, "boxes": rows} for thing, rows in things.items()],
        "teaches": teaches,
    }


def read_picture(path: Path) -> Picture:
    """RGB (height, width, 3)."""
    with av.open(str(path)) as container:
        return np.asarray(next(container.decode(video=0)).to_ndarray(format="rgb24"), np.uint8)


def main() -> None:
    """Draw pictures, move over them, write clips and their truth."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    draw = np.random.default_rng(1)
    clips = {}
    for picture, labels in labelled(options.data, draw):
        scene = worn(pan(read_picture(picture), labels["boxes"], draw), draw)
        path = options.out / f"{picture.parent.name}-{picture.stem}.mp4"
        silence = np.zeros(SILENCE_HZ, np.float32)
        write_recording(path, scene.pictures, frame_rate=scene.rate, sound=silence, sound_hz=SILENCE_HZ)
        clips[path.name] = facts_of(scene, path, labels["teaches"])
    (options.out / "truth.json").write_text(json.dumps({"clips": clips}))
    print(len(clips), "clips,", sum(len(c["pts"]) for c in clips.values()), "frames")


if __name__ == "__main__":
    main()
