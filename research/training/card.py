"""The model card, from the weights, what `bodycam eval` measured, and the list of sets; no number is typed by hand.

bodycam eval EVAL  -m own.onnx -m face_yunet_n_dynamic.onnx -m plate_hyperlpr3_y5fu640_dynraw.onnx --out pictures
bodycam eval CLIPS -m own.onnx -m centerface+own.onnx --out clips
python -m research.training.card own.onnx pictures clips > models/MODEL_CARD.md
"""

from __future__ import annotations

import argparse
import hashlib
import json
import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pyarrow.parquet as pq
from onnx import numpy_helper

from research.training.sets import SETS, shares

Row = dict[str, Any]
BINS = ("8", "16", "32", "64")
SMALL = ("8", "16")  # from 8 to 32 pixels
FALSE_TRACKS_PER_MINUTE = 1.0

CARD = """# Model card: face and licence-plate detector

`{name}` · SHA-256 `{digest}` · {parameters} parameters · Apache-2.0

{intro}

{eight_bits}

{licensed}

## Measured on pictures

By `bodycam eval`: longest side {side} pixels, a hit is an IoU of .5, objects lower than 8 pixels do not count; recall
in %, each detector at the threshold that gives it the stated false positives per picture. Milliseconds: processor time
of network and head on one thread on a 16:9 picture of that size, all detectors taking turns in the same run.

{table}

Recall at 1 false positive per picture, by height of the box in pixels (objects):

{bins}

## Measured on recordings

{recordings}

{clips}

## Against the bars

{bars}

What would make it better, most first: ten times the crops, on an accelerator, since the recipe is made for millions;
pictures of faces below 16 pixels and of the windows, lamps and signs of streets that it takes for faces and plates, of
which the sets hold few; more labelled recordings, with and without faces, to choose thresholds on.

## Made from

Teachers (YuNet, CenterFace, HyperLPR3) labelled what a set leaves unlabelled; no weight of theirs was used. No picture
of the measured sets was trained on; `faces_groups`, `faces_street` and `plates_street` are other pictures of sources
that were, `faces_wider200` and `plates_dashcam` of sources that were not.

{sets}

## Not for

Deciding who somebody is: it finds faces, it does not tell them apart. It misses faces, most of all those lower than 16
pixels, turned away or in the dark: a person looks at the plan before a release leaves the house.
"""


def short(model: str) -> str:
    """A file's name without the digest that tells it from its namesakes."""
    return model.split("@", maxsplit=1)[0]


def metadata(model: onnx.ModelProto) -> dict[str, str]:
    return {p.key: p.value for p in model.metadata_props}


def beside_licensed(licensed: Path, ours: str, pictures: list[Row]) -> str:
    """What weights of the licensed sets alone would cost, at one false positive per picture."""
    at_1 = {(r["dataset"], short(r["model"])): 100 * r["recall"] for r in pictures if r["false_per_picture"] == 1}
    sets = sorted({r["dataset"] for r in pictures})
    gains = {name: at_1[name, licensed.stem] - at_1[name, short(ours)] for name in sets}
    facts = metadata(onnx.load(str(licensed)))
    changes = ", ".join(f"`{name}` {gain:+.1f}" for name, gain in gains.items())
    return (
        f"`{licensed.stem}` in the tables is the same network trained on the sets with a stated licence alone, "
        f"{origin(facts)}, {facts['crops']} crops. Recall at 1 false positive per picture, in points: {changes}. It "
        "would take this one's place if it lost less than 2 anywhere."
    )


def in_eight_bits(ours: str, pictures: list[Row]) -> str:
    """What stands in the tables of the same weights in another form."""
    name = f"{short(ours)}-int8"
    if not any(short(r["model"]) == name for r in pictures):
        return ""
    return (
        f"`{name}` is the same weights in eight bits (`research/training/quantise.py`), with which the product looks."
    )


def origin(facts: dict[str, str]) -> str:
    """What a run began with; files that were exported before they said so began with an earlier network."""
    start = facts.get("start", "an earlier network of its own")
    return f"from {start}" if start else "from scratch"


def wrapped(text: str) -> str:
    return textwrap.fill(text, 118, break_on_hyphens=False, break_long_words=False)


def picture_tables(rows: list[Row]) -> tuple[str, str]:
    """The two tables of pictures."""
    table = ["| set | kind | objects | detector | recall at 1 | at 0.1 | ms |", "|---|---|---|---|---|---|---|"]
    heads = " | ".join(f"{low}-{high}" for low, high in zip(BINS, (*BINS[1:], ""), strict=True))
    bins = [f"| set | detector | {heads} |", "|---|---|" + "---|" * len(BINS)]
    at = {(r["dataset"], r["model"], r["false_per_picture"]): r for r in rows}
    for (dataset, model, rate), r in at.items():
        if rate != 1:
            continue
        table.append(
            f"| {dataset} | {r['kind']} | {r['objects']} | {short(model)} | {100 * r['recall']:.1f} "
            f"| {100 * at[dataset, model, 0.1]['recall']:.1f} | {r['network_ms']:.1f} |"
        )
        counts = {low: r[f"objects_{low}"] for low in BINS}
        parts = (f"{100 * r[f'recall_{low}']:.1f} ({n})" if n else "-" for low, n in counts.items())
        bins.append(f"| {dataset} | {short(model)} | {' | '.join(parts)} |")
    return "\n".join(table), "\n".join(bins)


def total(rows: Iterable[Row], *names: str) -> list[float]:
    """Sums over recordings."""
    listed = list(rows)
    return [float(sum(r[name] for r in listed)) for name in names]


def per_minute(rows: Iterable[Row]) -> float:
    false, seconds = total(rows, "false_tracks", "seconds")
    return 60 * false / seconds


def clip_table(rows: list[Row]) -> str:
    """What each set of detectors hides, and how much of the picture for nothing."""
    heads = ("detectors", "must hidden", "things that show", "needed", "hidden", "excess", "false tracks/min")
    lines = [f"| {' | '.join(heads)} |", "|---|---|---|---|---|---|---|"]
    for models in dict.fromkeys(r["who"] for r in rows):
        mine = [r for r in rows if r["who"] == models]
        hidden, must, showing, things = (
            f"{n:.0f}" for n in total(mine, "must_hidden", "must", "things_seen", "things")
        )
        *areas, frames = total(mine, "needed", "hidden", "excess", "frames")
        shares = " | ".join(f"{100 * area / frames:.1f} %" for area in areas)
        name = "+".join(map(short, models.split("+")))
        lines.append(f"| {name} | {hidden} of {must} | {showing} of {things} | {shares} | {per_minute(mine):.1f} |")
    return "\n".join(lines)


def small_recall(row: Row) -> float:
    """Recall over the two lowest bins, 8 to 32 pixels, in %."""
    found = sum(np.nan_to_num(row[f"recall_{low}"]) * row[f"objects_{low}"] for low in SMALL)
    return float(100 * found / sum(row[f"objects_{low}"] for low in SMALL))


def bars(pictures: list[Row], clips: list[Row], ours: str) -> str:
    """What was asked, what was reached, and how far it is."""
    names = {"ours": ours} | {
        word: next(r["model"] for r in pictures if r["model"].startswith(start))
        for word, start in (("yunet", "face_yunet"), ("plates", "plate_"))
    }
    at = {(r["dataset"], r["model"], r["false_per_picture"]): r for r in pictures}

    def recall(dataset: str, who: str, rate: float = 1.0) -> float:
        return float(100 * at[dataset, names[who], rate]["recall"])

    def line(what: str, reached: float, wanted: float, *, least: bool = True) -> str:
        gap = reached - wanted if least else wanted - reached
        return f"| {what} | {wanted:.1f} | {reached:.1f} | {'reached' if gap >= 0 else f'missed by {-gap:.1f}'} |"

    lines = ["| bar | wanted | reached | |", "|---|---|---|---|"]
    for name, slack in (("faces_groups", 3), ("faces_street", 10)):
        wanted = recall(name, "yunet") - slack
        lines.append(line(f"{name}: at most {slack} below YuNet at 1", recall(name, "ours"), wanted))
    tiny = {who: small_recall(at["faces_wider200", names[who], 1.0]) for who in ("ours", "yunet")}
    lines.append(line("faces_wider200, 8-32 px: half of YuNet at 1", tiny["ours"], tiny["yunet"] / 2))
    for name, wanted in (("plates_dashcam", 90.0), ("plates_street", 75.0)):
        lines.append(line(f"{name}: recall at 1", recall(name, "ours"), wanted))
        best = recall(name, "plates", 0.1)
        lines.append(line(f"{name}: at most 5 below HyperLPR3 at 0.1", recall(name, "ours", 0.1), best - 5))
    mine = [r for r in clips if r["who"] == ours]
    lines.append(line("false tracks per minute, alone", per_minute(mine), FALSE_TRACKS_PER_MINUTE, least=False))
    hidden, must = total(mine, "must_hidden", "must")
    lines.append(line("boxes of recordings that must be hidden, alone, %", 100 * hidden / must, 100.0))
    ms = next(r["network_ms"] for r in pictures if r["model"] == ours)
    lines.append(line("milliseconds at 640 pixels, one thread", ms, 8.0, least=False))
    return "\n".join(lines)


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("onnx", type=Path)
    cli.add_argument("pictures", type=Path, help="folder that `bodycam eval` of the pictures wrote")
    cli.add_argument("clips", type=Path, help="folder that `bodycam eval` of the recordings wrote")
    cli.add_argument("--licensed-only", type=Path, help="weights of sets with a stated licence, measured beside it")
    a = cli.parse_args()
    model = onnx.load(str(a.onnx))
    facts = metadata(model)
    pictures, clips = (pq.read_table(folder / "measured.parquet").to_pylist() for folder in (a.pictures, a.clips))
    ours = next(r["model"] for r in pictures if short(r["model"]) == a.onnx.stem)
    # exported before the file said so: every set
    used = json.loads(facts["sets"]) if "sets" in facts else shares(dict.fromkeys(SETS, 1))
    sets = [f"| {n} | {SETS[n].licence or '**none stated**'} | {100 * share:.0f} % |" for n, share in used.items()]
    table, bins = picture_tables(pictures)
    licensed = beside_licensed(a.licensed_only, ours, pictures) if a.licensed_only else ""
    unlicensed = [name for name in used if SETS[name].licence is None]
    intro = (
        "One anchor-free network, two kinds in one pass, made to decide what a redaction hides. Input RGB in 0..1, any "
        "multiple of 32 pixels. Trained by this project with `research/training` "
        f"{origin(facts)}: {facts['crops']} crops of 320 pixels in {facts['step']} steps on a processor. "
        f"Sets without a stated licence: {', '.join(unlicensed) or 'none'}."
    )
    recordings = (
        "By `bodycam eval` on recordings whose truth is complete, at the shipped thresholds, through tracks and plan: "
        f"{len({r['clip'] for r in clips})} of them. Needed, hidden and excess are mean shares of the picture."
    )
    print(
        CARD.format(
            name=a.onnx.name, digest=hashlib.sha256(a.onnx.read_bytes()).hexdigest(),
            parameters=sum(numpy_helper.to_array(i).size for i in model.graph.initializer),
            intro=wrapped(intro), eight_bits=wrapped(in_eight_bits(ours, pictures)), licensed=wrapped(licensed),
            recordings=wrapped(recordings),
            side=pictures[0]["long_side_px"], table=table, bins=bins, clips=clip_table(clips),
            bars=bars(pictures, clips, ours),
            sets="\n".join(["| set | licence | share of the crops |", "|---|---|---|", *sets]),
        ),
        end="",
    )  # fmt: skip


if __name__ == "__main__":
    main()
