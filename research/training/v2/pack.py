"""The pool in one small file, for a machine that is lent for minutes and gets no more than fits into a parcel.

    python -m research.training.v2.pack WORK build/eyes/pack [--budget 58]

Pictures are shrunk to what their source needs and coded as JPEG; crowds keep most of their pixels. ``pack.bin`` holds
the pictures one after the other, ``pack.json`` their boxes. Like the pool they show real people: they go to the machine
that trains, and nowhere else.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from random import Random
from typing import NamedTuple

import cv2
import numpy as np


class Share(NamedTuple):
    """Longest side in pixels, JPEG quality, and the most pictures of a source."""

    side: int
    quality: int
    pictures: int


SHARES = {
    "web": Share(512, 76, 1000),
    "chtseng_mask": Share(512, 76, 1000),
    "chtseng_head": Share(512, 76, 1000),
    "portraits": Share(320, 76, 1000),
    "negatives": Share(320, 70, 1000),
    "plates": Share(352, 72, 1000),
    "unknowncz": Share(352, 72, 750),
}
LARGEST = 512  # pixels: longest side of all of them


def pack(work: Path, out: Path, budget: float) -> str:
    """Write the parcel; how large it is, in a line. Raises ``ValueError`` if it is larger than the budget in MiB."""
    random, entries, offset = Random(0), json.loads((work / "pool.json").read_text()), 0
    data = np.memmap(work / "pool.bin", np.uint8, "r")
    random.shuffle(entries)
    taken: dict[str, int] = {}
    records = []
    with out.with_suffix(".bin").open("wb") as file:
        for entry in entries:
            share = SHARES[entry["source"]]
            if taken.get(entry["source"], 0) >= share.pictures:
                continue
            taken[entry["source"]] = taken.get(entry["source"], 0) + 1
            start, height, width = entry["levels"][0]
            picture = data[start : start + height * width * 3].reshape(height, width, 3)
            scale = min(1.0, share.side / max(height, width))
            if scale < 1:
                picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, share.quality])[1].tobytes()
            file.write(coded)
            rows = [[[k, *(round(v * scale, 1) for v in box)] for k, *box in part] for part in entry["rows"]]
            records.append({"source": entry["source"], "at": [offset, len(coded)], "rows": rows})
            offset += len(coded)
    listing = json.dumps(records, separators=(",", ":"))
    out.with_suffix(".json").write_text(listing)
    size = (offset + len(listing)) / 2**20
    if size > budget:
        raise ValueError(f"{size:.1f} MiB are more than {budget}")
    return f"{len(records)} pictures, {size:.1f} MiB: {taken}"


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("work", type=Path, help="folder with the pool")
    cli.add_argument("out", type=Path, help="name of the parcel, without an ending")
    cli.add_argument("--budget", type=float, default=58.0, help="MiB")
    a = cli.parse_args()
    print(pack(a.work, a.out, a.budget))


if __name__ == "__main__":
    main()
