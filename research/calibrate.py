"""Make the evidence table of networks that look together, from clips with complete truth.

    python -m research.calibrate CLIPS centerface-int8@640,1280+detector-v1-int8@640,1280 --write models/evidence.json
    python -m research.calibrate CLIPS auditor-centerface@480+auditor-v1@960 --between --write models/evidence.json

CLIPS holds ``truth.json`` and the clips. ``--between`` looks at the frames between those at which detectors look, at
enlarged scales, as auditors do. ``--thin-out`` fits to looks that ``detection.thin_out`` leaves, and to all.
``--keep FILE`` keeps what was seen, so that the next run need not look.
"""

import argparse
import json
import pickle
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from bodycam_pipeline.values.candidates import Candidates
from bodycam_pipeline.values.detection import Kind
from bodycam_pipeline.values.evidence import Evidence
from bodycam_pipeline.values.model import Model
from bodycam_pipeline.vision.evidence import worth_of
from bodycam_pipeline.vision.looking import Looking
from bodycam_pipeline.vision.registry import find_model
from research.calibration import (
    Sample,
    candidates_of,
    evidence_from,
    look_samples,
    table,
    track_samples,
)
from research.footage import Looked, clips, look

LOWEST_SHARE = 0.4
"""Scores below this share of a network's floor are worth nothing: there are hundreds of them in every frame."""


@dataclass(frozen=True)
class Networks:
    """Networks that look together.

    Attributes:
        looking: Each, with its scales.
        between: Whether they look between the detectors' frames.
        interval: At one frame in so many.
        thin_out: Whether they look less often while nothing is to be seen.
    """

    looking: tuple[Looking, ...]
    between: bool
    interval: int
    thin_out: bool = False

    @classmethod
    def named(cls, words: str, *, between: bool, interval: int, thin_out: bool = False) -> "Networks":
        """From ``NAME@SCALE,SCALE+NAME@SCALE``."""
        named = [word.partition("@") for word in words.split("+")]
        models = [find_model(name) for name, _, _ in named]
        worth = worth_of(models)  # whoever has a table is listened to as it says
        lowest = worth.lowest if worth.evidence.sha256 else tuple(map(lowest_of, models))
        sides = [tuple(int(side) for side in scales.split(",")) for _, _, scales in named]
        looking = [Looking(*each, enlarge=between) for each in zip(models, sides, lowest, strict=True)]
        return cls(tuple(looking), between, interval, thin_out)

    @property
    def knows(self) -> dict[Kind, tuple[int, ...]]:
        """Which of them know each kind."""
        kinds = sorted({kind for each in self.looking for kind in each.lowest})
        return {kind: tuple(n for n, each in enumerate(self.looking) if kind in each.lowest) for kind in kinds}

    @property
    def plain(self) -> Evidence:
        """Evidence without a table: only which networks know what, and a score's own worth."""
        thresholds = {
            kind: tuple(self.looking[n].model.kinds[kind] for n in numbers) for kind, numbers in self.knows.items()
        }
        return Evidence(self.knows, thresholds=thresholds)

    def taken(self, looked: Looked, evidence: Evidence) -> Looked:
        """Keep the looks that the product would have taken."""
        return looked.thinned_out(evidence, len(self.looking), self.interval) if self.thin_out else looked

    def due(self, since_cut: int) -> bool:
        """Whether they look, so many frames after a scene change."""
        return since_cut % self.interval == (self.interval - 1 if self.between else 0)


def lowest_of(model: Model) -> dict[Kind, float]:
    """The scores from which on a network is listened to."""
    return {kind: round(LOWEST_SHARE * limits.low, 3) for kind, limits in model.kinds.items()}


def all_looked(folder: Path, networks: Networks, workers: int) -> dict[str, Looked]:
    """Every clip looked at once."""
    with ProcessPoolExecutor(workers) as pool:
        waiting = {name: pool.submit(_look, folder / name, facts, networks) for name, facts in clips(folder).items()}
        return {name: each.result() for name, each in waiting.items()}


def _look(path: Path, facts: Mapping[str, Any], networks: Networks) -> Looked:
    return look(path, facts, networks.looking, networks.due)


@dataclass(frozen=True)
class Calibrated:
    """Everything that was learnt from the clips.

    Attributes:
        evidence: From all of them; the one that ships.
        found: The candidates of each clip, followed by it.
        without: From all but one, by the name of that one.
        found_without: The candidates of each clip, followed by the evidence without it.
    """

    evidence: Evidence
    found: Mapping[str, Candidates]
    without: Mapping[str, Evidence]
    found_without: Mapping[str, Candidates]


def calibrated(looked: Mapping[str, Looked], networks: Networks, workers: int) -> Calibrated:
    """Fit the looks, follow with what came of it, and fit the tracks; also with each clip left out.

    All tracks are fitted to what was followed without their own clip: what is followed with it is not what an unknown
    recording will bring. Looks that are thinned out and all looks teach alike: recordings bring both.
    """
    plain, count = networks.plain, len(networks.looking)
    looks = {name: look_samples(each, plain, count) for name, each in looked.items()}
    by_all = dict.fromkeys(looked, evidence_from(networks.knows, table(looks)))
    by_others = {name: evidence_from(networks.knows, table(looks, name)) for name in looked}
    with ProcessPoolExecutor(workers) as pool:
        followed = partial(_followed, looked, networks, pool)
        (found, _), (found_without, tracks) = followed(by_all), followed(by_others)
    without = {name: evidence_from(networks.knows, table(looks, name), table(tracks, name)) for name in looked}
    evidence = evidence_from(networks.knows, table(looks), table(tracks))
    return Calibrated(evidence, found, without, found_without)


def _followed(
    looked: Mapping[str, Looked],
    networks: Networks,
    pool: ProcessPoolExecutor,
    evidence: Mapping[str, Evidence],
) -> tuple[dict[str, Candidates], dict[str, list[Sample]]]:
    """The candidates of each clip, followed by its evidence, and what they teach."""
    waiting = {name: pool.submit(_follow, each, evidence[name], networks) for name, each in looked.items()}
    results = {name: each.result() for name, each in waiting.items()}
    return {name: found for name, (found, _) in results.items()}, {name: s for name, (_, s) in results.items()}


def _follow(looked: Looked, evidence: Evidence, networks: Networks) -> tuple[Candidates, list[Sample]]:
    """The candidates that the product would follow, and what they teach; they teach beside those of all looks."""
    taken, count = networks.taken(looked, evidence), len(networks.looking)
    found = candidates_of(taken, evidence, count)
    lessons = [found] if taken is looked else [found, candidates_of(looked, evidence, count)]
    samples = [s for lesson in lessons for s in track_samples(looked, lesson, networks.plain)]
    return found, [replace(s, weight=s.weight / len(lessons)) for s in samples]


def written(networks: Networks, evidence: Evidence, path: Path) -> None:
    """Put a table into the file, in place of an earlier one of the same networks."""
    entry: dict[str, Any] = {
        "networks": [
            {"name": each.model.name, "sha256": each.model.sha256, "lowest": each.lowest} for each in networks.looking
        ],
        "kinds": {
            kind: {"look": [round(v, 4) for v in w.look], "track": [round(v, 4) for v in w.track]}
            for kind, w in evidence.weights.items()
        },
    }
    tables = json.loads(path.read_text())["tables"] if path.exists() else []
    digests = {network["sha256"] for network in entry["networks"]}
    others = [t for t in tables if {network["sha256"] for network in t["networks"]} != digests]
    path.write_text(json.dumps({"tables": [*others, entry]}, indent=1) + "\n")


def main() -> None:
    """Look, fit, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=Path)
    parser.add_argument("networks")
    parser.add_argument("--between", action="store_true")
    parser.add_argument("--every", type=int, default=2)
    parser.add_argument("--thin-out", action="store_true")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    networks = Networks.named(
        options.networks, between=options.between, interval=options.every, thin_out=options.thin_out
    )
    looked = kept(options.keep) or all_looked(options.clips, networks, options.workers)
    if options.keep:
        options.keep.write_bytes(pickle.dumps(looked))
    evidence = calibrated(looked, networks, options.workers).evidence
    for kind, weights in evidence.weights.items():
        print(kind, "look", *(f"{v:.2f}" for v in weights.look), "| track", *(f"{v:.2f}" for v in weights.track))
    if options.write:
        written(networks, evidence, options.write)


def kept(path: Path | None) -> dict[str, Looked] | None:
    """What an earlier run of ours kept; only ever read where we wrote it."""
    found: dict[str, Looked] | None = pickle.loads(path.read_bytes()) if path and path.exists() else None  # noqa: S301
    return found


if __name__ == "__main__":
    main()
