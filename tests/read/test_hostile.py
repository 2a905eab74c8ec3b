"""Broken, truncated, absurd and malicious files: each ends in frames all accounted for, or in a named refusal."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import shared_files

ROOT = Path(__file__).parents[2]
FILES = shared_files("hostile")
MINUTES = 3

EXPECTED = {
    "androidx_sample_empty_track.mp4": 30,
    "drv_1frame_24h.mp4": 2,
    "drv_10000fps.mp4": 5000,
    "drv_audio_only.mp4": "no-video",
    "drv_bomb_8192x8192_h264.mp4": "unsupported-recording",
    "drv_concat_self.ffconcat": "unreadable-recording",
    "drv_ffconcat.mp4": "unreadable-recording",
    "drv_hls_playlist_local_file.mp4": "unreadable-recording",
    "drv_jpeg_named.mp4": "unreadable-recording",
    "drv_moov_only.mp4": "damaged-recording",
    "drv_no_mdat.mp4": "damaged-recording",
    "drv_zero_length.mp4": "unreadable-recording",
    "fate_h264_1242-small.mkv": 12,  # of a recording of 540 MB: cut, and said so
    "fate_h264_extradata-reload-multi-stsd.mp4": 4,
    "fate_h264_mov-3elist-encrypted.mp4": "encrypted-recording",
    "fate_h264_mov-tenc-only-encrypted.mp4": "encrypted-recording",
    "fate_h264_mov_neg_first_pts_discard.mp4": 15,
    "fate_hevc_extradata-reload-multi-stsd.mp4": 4,
    "fate_wmv3_wmv_drm.wmv": "encrypted-recording",
    "moz_gizmo-frag-2.mp4": "encrypted-recording",
    "moz_short-cenc.mp4": "encrypted-recording",
    "mp4parse_short-cenc.mp4": "encrypted-recording",
    "openh264_QCIF_2P_I_allIPCM.264": 2,
}
"""How many frames are presented, or how the file is refused."""


@pytest.fixture(scope="module")
def outcomes(shared: Path) -> dict[str, dict[str, Any]]:
    """Each file tried, all in one process of their own; a crash shows as a missing outcome."""
    assert shared.is_dir()
    command = [sys.executable, "-m", "tests.read.attempt", *map(str, FILES)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60 * MINUTES)
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return {Path(line["path"]).name: line for line in lines}


@pytest.mark.skipif(not FILES, reason="../shared/data/hostile is not on this machine")
@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_a_hostile_file_is_accounted_for_or_refused_by_name(path: Path, outcomes: dict[str, dict[str, Any]]) -> None:
    outcome = outcomes.get(path.name)
    assert outcome is not None, "the process crashed or hung here"
    expected = EXPECTED.get(path.name)
    if "refused" in outcome:
        assert outcome["why"]
        assert outcome["remedy"]
        assert outcome["where"]
        assert expected in {None, outcome["refused"]}
    else:
        assert outcome["decoded"] + outcome["missing"] == outcome["shown"] > 0
        assert expected in {None, outcome["shown"]}
