"""What an address says by itself."""

from pathlib import Path

import pytest

from bodycam_pipeline.values.address import absolute, is_local, name_of, stem_of

STORE = "s3://dock/2026/unit%207/a%23b.mp4?endpoint_override=http://127.0.0.1:9000/x&region=eu-west-1"


@pytest.mark.parametrize(
    ("address", "name", "stem"),
    [
        ("a.mp4", "a.mp4", "a"),
        ("/dock/a.b.mp4", "a.b.mp4", "a.b"),
        ("dock/odd?name#1.mp4", "odd?name#1.mp4", "odd?name#1"),
        ("file:///dock/unit%207/a.mp4", "a.mp4", "a"),
        (STORE, "a#b.mp4", "a#b"),
        ("s3://user:password@dock", "dock", "dock"),
    ],
)
def test_a_recording_is_called_by_its_file_name(address: str, name: str, stem: str) -> None:
    assert (name_of(address), stem_of(address)) == (name, stem)


def test_paths_and_file_addresses_are_local_and_become_absolute(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert absolute("a.mp4") == str(tmp_path / "a.mp4")
    assert absolute(f"file://{tmp_path}/unit%207/a.mp4") == str(tmp_path / "unit 7" / "a.mp4")
    assert absolute(STORE) == STORE
    assert [is_local(a) for a in ("a.mp4", "file:///a.mp4", "C:a.mp4", STORE)] == [True, True, True, False]
