"""What is at an address is read by range, whatever holds it; what cannot be read is refused without a secret."""

import io
import os
import traceback
from pathlib import Path

import pytest
from pyarrow import fs

from bodycam_pipeline.addresses.store import READ_AHEAD_BYTES, list_addresses
from bodycam_pipeline.read import container
from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.schemes import open_recording, size_and_time
from bodycam_pipeline.values.errors import StorageError, UnreadableRecordingError
from tests.clips import clip
from tests.conftest import SECRET, s3_served

CONTENT = os.urandom(2 * READ_AHEAD_BYTES + 12_345)


def put(s3: fs.FileSystem, path: str, content: bytes) -> None:
    s3.create_dir(path.split("/", maxsplit=1)[0])
    with s3.open_output_stream(path) as file:
        file.write(content)


def anything(_name: str) -> bool:
    return True


@pytest.fixture
def addresses(s3: fs.FileSystem, s3_server: str, tmp_path: Path) -> dict[str, str]:
    """The same bytes in four places."""
    put(s3, "dock/unit 7/a.mp4", CONTENT)
    (tmp_path / "a b.mp4").write_bytes(CONTENT)
    return {
        "path": str(tmp_path / "a b.mp4"),
        "file": f"file://{tmp_path}/a%20b.mp4",
        "environment": "s3://dock/unit%207/a.mp4",
        "options": f"s3://dock/unit%207/a.mp4?endpoint_override={s3_server}&region=us-east-1",
    }


@pytest.mark.parametrize("kind", ["path", "file", "environment", "options"])
def test_a_recording_is_read_sought_and_told_wherever_it_is(kind: str, addresses: dict[str, str]) -> None:
    with open_recording(addresses[kind]) as file:
        assert file.read(10) == CONTENT[:10]
        assert file.seek(READ_AHEAD_BYTES - 5) == READ_AHEAD_BYTES - 5
        assert file.read(11) == CONTENT[READ_AHEAD_BYTES - 5 : READ_AHEAD_BYTES + 6]
        assert file.tell() == READ_AHEAD_BYTES + 6
        assert file.seek(-7, io.SEEK_END) == len(CONTENT) - 7
        assert file.read() == CONTENT[-7:]
        assert file.read(1) == b""
        file.seek(0)
        assert file.read() == CONTENT
    size, changed = size_and_time(addresses[kind])
    assert size == len(CONTENT)
    assert changed is not None


def test_a_recording_in_a_store_is_probed_as_on_a_disk(s3: fs.FileSystem, tmp_path: Path) -> None:
    for name in ("a.mp4", "a.mkv", "a.avi", "a.ts"):
        path = clip(tmp_path / name, frames=12)
        put(s3, f"dock/probe/{name}", path.read_bytes())
        here, there = probe(str(path)), probe(f"s3://dock/probe/{name}")
        assert (there.sha256, there.size_bytes, there.name) == (here.sha256, here.size_bytes, name)
        assert (there.packets.sha256 == here.packets.sha256).all()


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("s3://dock/no-such.mp4", "cannot open the recording"),
        ("s3://no-such-bucket/a.mp4", "cannot open the recording"),
        ("file:///no/such.mp4", "cannot open the recording"),
        ("s3://dock/a b.mp4", "is not understood"),
        ("s3://dock/a.mp4?colour=red", "is not understood"),
        ("s3://dock/a#1.mp4", "has a '#' in it"),
        ("http://dock/a.mp4", "unknown scheme"),
        ("mock://dock/a.mp4", "unknown scheme"),
        (f"s3://AKIATEST:{SECRET}@dock/a.mp4", "carries a secret"),
        (f"abfs://:{SECRET}@account.dfs.core.windows.net/a.mp4", "carries a secret"),
        (f"abfs://c@account.dfs.core.windows.net/a.mp4?client_secret={SECRET}", "carries a secret"),
    ],
)
def test_an_address_that_cannot_be_read_is_refused_without_its_secrets(
    s3: fs.FileSystem, address: str, words: str
) -> None:
    s3.create_dir("dock")
    with pytest.raises(UnreadableRecordingError, match=words) as refused:
        open_recording(address)
    assert refused.value.remedy
    assert refused.value.where.recording
    assert SECRET not in "".join(traceback.format_exception(refused.value))
    assert size_and_time(address) == (None, None)


def test_a_store_that_goes_away_is_no_damage_to_the_recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = clip(tmp_path / "a.mp4", frames=3)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    really = container.open_recording
    with s3_served() as endpoint:
        s3 = fs.S3FileSystem(endpoint_override=endpoint, region="us-east-1", allow_bucket_creation=True)
        put(s3, "dock/a.mp4", path.read_bytes())
        opened = really(f"s3://dock/a.mp4?endpoint_override={endpoint}&region=us-east-1")
    monkeypatch.setattr(container, "open_recording", lambda _address: opened)
    with pytest.raises(StorageError, match="cannot read the recording") as refused, container.open_container("a.mp4"):
        pass
    assert SECRET not in "".join(traceback.format_exception(refused.value))


def test_a_prefix_names_all_below_it_and_a_pattern_what_matches(s3: fs.FileSystem, s3_server: str) -> None:
    for name in ("a.mp4", "unit 7/b.mp4", "unit 7/2026/c#1.mkv", "unit 8/d.mp4", "unit 7/notes.txt"):
        put(s3, f"yard/{name}", b"x")
    options = f"?endpoint_override={s3_server}"
    assert list(list_addresses("s3://yard", lambda name: not name.endswith(".txt"))) == [
        "s3://yard/a.mp4",
        "s3://yard/unit%207/2026/c%231.mkv",
        "s3://yard/unit%207/b.mp4",
        "s3://yard/unit%208/d.mp4",
    ]
    below = list(list_addresses(f"s3://yard/unit%207/{options}", anything))
    assert below[0] == f"s3://yard/unit%207/2026/c%231.mkv{options}"
    assert len(below) == 3
    assert list(list_addresses("s3://yard/*.mp4", anything)) == ["s3://yard/a.mp4"]
    assert len(list(list_addresses("s3://yard/**/*.mp4", anything))) == 3
    assert list(list_addresses("s3://yard/unit%20[8-9]/*", anything)) == ["s3://yard/unit%208/d.mp4"]
    assert list(list_addresses("s3://yard/a.mp4", anything)) == ["s3://yard/a.mp4"]
    assert list(list_addresses("s3://yard/nothing/", anything)) == []
