"""Storms against what reads recordings and releases, made of real files: each is read or refused, in words, at once."""

import random
from pathlib import Path

import pytest

from bodycam_pipeline.read.probe import probe
from tests.attacks.fuzzing import STORMS, mutated, storm
from tests.clips import clip

CLIPS = Path(__file__).parents[3] / "shared" / "data" / "clips"
HEAD_BYTES = 64 << 10
"""This much of a file's beginning and end, where its tables stand, is damaged; what lies between is coded pictures."""
MOST_BYTES = 2 << 20
MOST_SECONDS = 5.0


@pytest.mark.parametrize("seconds", STORMS)
def test_a_storm_of_made_up_recordings(seconds: float, tmp_path: Path) -> None:
    clip(tmp_path / "whole.mp4", frames=12)
    assert _stormed(seconds, [tmp_path / "whole.mp4"], tmp_path) > 20


@pytest.mark.slow
@pytest.mark.skipif(not CLIPS.is_dir(), reason="the real clips are not here")
def test_a_storm_of_real_recordings(tmp_path: Path) -> None:
    small = [path for path in sorted(CLIPS.iterdir()) if path.suffix != ".json" and path.stat().st_size <= MOST_BYTES]
    assert len(small) > 5
    assert _stormed(60.0, small, tmp_path) > 20


def _stormed(seconds: float, files: list[Path], folder: Path) -> int:
    whole = {path: path.read_bytes() for path in files}

    def blow(rng: random.Random) -> None:
        path, content = rng.choice(list(whole.items()))
        broken = folder / f"broken{path.suffix}"
        broken.write_bytes(_damaged(rng, content))
        probe(str(broken))

    return storm(seconds, MOST_SECONDS, blow, warm_blows=50 * len(files))


def _damaged(rng: random.Random, content: bytes) -> bytes:
    if rng.random() < 0.5:
        return mutated(rng, content[:HEAD_BYTES]) + content[HEAD_BYTES:]
    return content[:-HEAD_BYTES] + mutated(rng, content[-HEAD_BYTES:])
