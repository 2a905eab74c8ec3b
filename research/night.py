"""Make a labelled set of pictures dark, as a camera sees it at night, for `bodycam eval`.

    python -m research.night DATA/eval/plates_street OUT [--light 0.125] [--noise 2]
    bodycam eval OUT -m detector-v2 -m detector-v1

An eighth of the light and noise of two levels, as in `research.robustness`; the noise of a picture is fixed by its
place in the set. Pictures are written without loss, so that nothing but the dark is measured; labels stay.
"""

import argparse
import json
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from research.harder import Picture, Scene, noisy
from research.pans import read_picture

LIGHT, NOISE = 1 / 8, 2.0
"""Share of the light that is left, and the deviation of the noise in levels of 255: those of `harder.dark`."""


def darkened(picture: Picture, number: int, light: float = LIGHT, noise: float = NOISE) -> Picture:
    """Return a picture (height, width, 3) with less light and with noise that ``number`` fixes."""
    scene = Scene((picture,), ((),), Fraction(1))
    return noisy(scene, np.random.default_rng(number), light, noise).pictures[0]


def make(folder: Path, out: Path, light: float = LIGHT, noise: float = NOISE) -> int:
    """Write the dark set; how many pictures it has. Raises ``FileExistsError`` where one is."""
    out.mkdir(parents=True)
    listing = json.loads((folder / "labels.json").read_text())
    for number, item in enumerate(listing["items"]):
        picture = darkened(read_picture(folder / item["file"]), number, light, noise)
        item["file"] = f"{number:05}.png"
        _write(picture, out / item["file"])
    (out / "labels.json").write_text(json.dumps(listing))
    return len(listing["items"])


def _write(picture: Picture, path: Path) -> None:
    coder = av.CodecContext.create("png", "w")
    coder.height, coder.width = picture.shape[:2]
    coder.pix_fmt, coder.time_base = "rgb24", Fraction(1)
    frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
    path.write_bytes(b"".join(bytes(packet) for packet in [*coder.encode(frame), *coder.encode(None)]))


def main() -> None:
    """Read a set, write a dark one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--light", type=float, default=LIGHT)
    parser.add_argument("--noise", type=float, default=NOISE)
    options = parser.parse_args()
    print(make(options.folder, options.out, options.light, options.noise), "pictures in", options.out)


if __name__ == "__main__":
    main()
