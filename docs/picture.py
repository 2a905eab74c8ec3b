"""Draw README's picture, a frame of the demo before and after: ``python -m docs.picture DEMO``, or ``make picture``."""

import sys
from itertools import islice
from pathlib import Path

import av
from PIL import Image

PICTURE = Path(__file__).parent / "before-after.jpg"
FRAME = 90
WIDTH = 640
QUALITY = 82


def frame_of(path: Path, number: int) -> Image.Image:
    """One frame of a recording, by its number."""
    with av.open(str(path)) as container:
        frame = next(islice(container.decode(video=0), number, None))
        return Image.fromarray(frame.to_ndarray(format="rgb24"))


def side_by_side(before: Image.Image, after: Image.Image) -> Image.Image:
    """Both pictures at half their size, a white line between them."""
    height = round(WIDTH * before.height / before.width)
    drawn = Image.new("RGB", (2 * WIDTH + 8, height), "white")
    for left, picture in ((0, before), (WIDTH + 8, after)):
        drawn.paste(picture.resize((WIDTH, height), Image.Resampling.LANCZOS), (left, 0))
    return drawn


def main() -> None:
    """Read the folder that `bodycam demo` filled."""
    demo = Path(sys.argv[1])
    before, after = demo / "demo.mp4", demo / "demo.release" / "redacted.mp4"
    side_by_side(frame_of(before, FRAME), frame_of(after, FRAME)).save(PICTURE, quality=QUALITY, optimize=True)


if __name__ == "__main__":
    main()
