"""What `bodycam inspect` says of a file, and that it changes nothing."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bodycam_pipeline.cli.main import app
from tests.clips import Header, clip
from tests.read.joining_files import muxed


def inspect(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["inspect", *map(str, words)])


def test_a_recording_is_said_in_plain_words(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", frames=50, tone_hz=440, look=Header(interlaced="bff"))
    done = inspect(path)
    assert done.exit_code == 0, done.output
    assert "a.mp4: can be redacted" in done.output
    assert "h264 320x192, 50 frames in 00:00:02.000, 25 a second, bottom field first" in done.output
    assert "stream 1:  audio aac: removed (the policy removes the sound" in done.output
    assert list(tmp_path.iterdir()) == [path]


def test_the_answer_for_programs_has_every_file(tmp_path: Path) -> None:
    cut = clip(tmp_path / "cut.mkv", frames=60)
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size * 6 // 10])
    (tmp_path / "song.wav").write_bytes(b"RIFF\x24\x08\0\0WAVEfmt " + bytes(500))
    both = [(clip(tmp_path / "f.mp4"), "video"), (clip(tmp_path / "r.mp4"), "video")]
    two = muxed(tmp_path / "two.mp4", both, default=[0, 1])
    done = inspect(cut, tmp_path / "song.wav", two, "--json")
    assert done.exit_code == 4
    first, second, third = json.loads(done.output)["files"]
    assert (first["state"], first["exit_code"]) == ("needs review", 3)
    assert "cut short" in first["damage"][0]
    assert (second["state"], second["what"]) == ("refused", "sound without pictures, not a recording")
    assert (third["state"], "2 cameras" in third["what"]) == ("needs review", True)
    assert len(third["headers"]["tracks"]) == 2


@pytest.mark.parametrize("extra", [("--track", "1")])
def test_a_track_that_is_named_is_inspected(tmp_path: Path, extra: tuple[str, str]) -> None:
    both = [(clip(tmp_path / "f.mp4"), "video"), (clip(tmp_path / "r.mp4", size=(160, 96)), "video")]
    done = inspect(muxed(tmp_path / "two.mp4", both, default=[0, 1]), *extra)
    assert done.exit_code == 0
    assert "video:     h264 160x96" in done.output
