"""The model card, from the weights, the measurements and the list of sets; no number in it is typed by hand.

python -m models.training.card own.onnx measured.json [--licensed-only] > models/MODEL_CARD.md
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

from models.training.data import LICENCES, SHARES
from models.training.evaluate import BINS

CARD = """# Model card: face and licence-plate detector

`{name}` · SHA-256 `{digest}` · {parameters} parameters · Apache-2.0

One anchor-free network, two kinds in one pass, made to decide what a redaction hides. Input RGB in 0..1, any multiple
of 32 pixels. Trained by this project with `models/training` from an earlier network of its own: {crops} crops of 320
pixels in {steps} steps on a processor. {runs}

## Measured

Longest side 640 pixels, a hit is an IoU of .5, objects lower than 8 pixels do not count; each detector at the threshold
that gives it the stated false positives per picture. Milliseconds: processor time on one thread at 640x384, all
detectors in the same run. Written by `models.training.evaluate`.

{table}

Recall at 1 false positive per picture, by height of the box in pixels:

{bins}

## Against the bars

{bars}

## Made from

Teachers (YuNet, CenterFace, HyperLPR3) labelled what a set leaves unlabelled; no weight of theirs was used. No picture
of the measured sets was trained on; `faces_groups`, `faces_street` and `plates_street` are other pictures of sources
that were, `faces_wider200` and `plates_dashcam` of sources that were not.

{sets}

## Not for

Deciding who somebody is: it finds faces, it does not tell them apart. It misses faces, most of all those lower than 16
pixels, turned away or in the dark: a person looks at the plan before a release leaves the house.
"""


def rows_of(measured: list[dict[str, Any]]) -> tuple[str, str]:
    """The two tables of measurements."""
    table = ["| set | kind | objects | detector | recall at 1 | at 0.1 | ms |", "|---|---|---|---|---|---|---|"]
    heads = " | ".join(f"{low}-{high}" if high < 10_000 else f"over {low}" for low, high in BINS)
    bins = [f"| set | detector | {heads} |", "|---|---|" + "---|" * len(BINS)]
    for r in measured:
        table.append(
            f"| {r['set']} | {r['kind']} | {r['objects']} | {r['detector']} | {r['recall_at_1']:.1f} "
            f"| {r['recall_at_0.1']:.1f} | {r['ms_640x384']:.1f} |"
        )
        parts = " | ".join(f"{recall:.1f} ({n})" if n else "-" for recall, n in r["bins"])
        bins.append(f"| {r['set']} | {r['detector']} | {parts} |")
    return "\n".join(table), "\n".join(bins)


def small_recall(row: dict[str, Any]) -> float:
    """Recall over the two lowest bins, 8 to 32 pixels."""
    (first, n), (second, m) = row["bins"][:2]
    return float((np.nan_to_num(first) * n + np.nan_to_num(second) * m) / (n + m))


def bars(measured: list[dict[str, Any]]) -> str:
    """What was asked, what was reached, and how far it is."""
    at = {(r["set"], r["detector"]): r for r in measured}

    def line(what: str, reached: float, wanted: float, *, least: bool = True) -> str:
        gap = reached - wanted if least else wanted - reached
        verdict = "reached" if gap >= 0 else f"missed by {-gap:.1f}"
        return f"| {what} | {wanted:.1f} | {reached:.1f} | {verdict} |"

    lines = ["| bar | wanted | reached | |", "|---|---|---|---|"]
    for name, slack in (("faces_groups", 3), ("faces_street", 10)):
        ours, yunet = at[name, "ours"]["recall_at_1"], at[name, "yunet"]["recall_at_1"]
        lines.append(line(f"{name}: at most {slack} below YuNet at 1", ours, yunet - slack))
    ours, yunet = small_recall(at["faces_wider200", "ours"]), small_recall(at["faces_wider200", "yunet"])
    lines.append(line("faces_wider200, 8-32 px: half of YuNet at 1", ours, yunet / 2))
    for name, least in (("plates_dashcam", 90.0), ("plates_street", 75.0)):
        lines.append(line(f"{name}: recall at 1", at[name, "ours"]["recall_at_1"], least))
        best = at[name, "plates"]["recall_at_0.1"]
        lines.append(line(f"{name}: at most 5 below HyperLPR3 at 0.1", at[name, "ours"]["recall_at_0.1"], best - 5))
    lines.append(line("milliseconds at 640x384, one thread", measured[0]["ms_640x384"], 8.0, least=False))
    return "\n".join(lines)


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("onnx", type=Path)
    cli.add_argument("measured", type=Path, help="what evaluate --json wrote")
    cli.add_argument("--licensed-only", action="store_true", help="the cache was built with --licensed-only")
    a = cli.parse_args()
    model = onnx.load(str(a.onnx))
    told = {p.key: p.value for p in model.metadata_props}
    measured = json.loads(a.measured.read_text())
    used = {n: licence for n, licence in LICENCES.items() if licence or not a.licensed_only}
    total = sum(SHARES[n] for n in used)
    sets = [
        f"| {n} | {licence or '**none stated**'} | {100 * SHARES[n] / total:.0f} % |" for n, licence in used.items()
    ]
    table, bins = rows_of(measured)
    every = "Every set was used; the run with licensed sets only has not been done yet."
    print(
        CARD.format(
            name=a.onnx.name, digest=hashlib.sha256(a.onnx.read_bytes()).hexdigest(), crops=told["crops"],
            parameters=sum(numpy_helper.to_array(i).size for i in model.graph.initializer), steps=told["step"],
            runs="Only sets with a stated licence were used." if a.licensed_only else every,
            table=table, bins=bins, bars=bars(measured),
            sets="\n".join(["| set | licence | share of the crops |", "|---|---|---|", *sets]),
        ),
        end="",
    )  # fmt: skip


if __name__ == "__main__":
    main()
