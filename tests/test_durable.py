"""Files that are there whole or not at all, whatever the disk does."""

import errno
import os
import stat

import pytest

from bodycam_pipeline import durable as files
from bodycam_pipeline.durable import locked, publish_folder, write_atomically, write_private
from bodycam_pipeline.values.errors import ReleaseExistsError, StorageError


def refusing(number):
    def refuse(*_args, **_kwargs):
        raise OSError(number, os.strerror(number))

    return refuse


def test_a_file_is_written_whole_from_bytes_or_by_a_function(tmp_path):
    write_atomically(tmp_path / "a", b"one")
    write_atomically(tmp_path / "b", lambda file: file.writelines([b"t", b"wo"]))
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {"a": b"one", "b": b"two"}


def test_what_was_there_is_replaced(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"a longer old text")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_writer_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")

    def half(file):
        file.write(b"half")
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        write_atomically(path, half)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("number", "remedy"), [(errno.ENOSPC, "free some space"), (errno.EDQUOT, "quota"), (errno.EROFS, "read-only")]
)
@pytest.mark.parametrize("call", ["fsync", "write"])
def test_a_disk_that_refuses_is_a_storage_error_with_a_remedy(tmp_path, monkeypatch, number, remedy, call):
    if call == "fsync":
        monkeypatch.setattr(files.os, "fsync", refusing(number))
    with pytest.raises(StorageError) as caught:
        write_atomically(tmp_path / "a", b"one" if call == "fsync" else refusing(number))
    assert remedy in caught.value.remedy
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_met_for_real_and_leaves_nothing(tmp_path):
    """/dev/full refuses every byte, as a full disk does."""

    def onto_a_full_disk(file):
        full = os.open("/dev/full", os.O_WRONLY)
        os.dup2(full, file.fileno())
        os.close(full)
        file.write(b"one")

    with pytest.raises(StorageError, match="No space left") as caught:
        write_atomically(tmp_path / "a", onto_a_full_disk)
    assert "free some space" in caught.value.remedy
    assert list(tmp_path.iterdir()) == []


def test_refuses_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(StorageError, match="No such file"):
        write_atomically(tmp_path / "nowhere" / "a", b"one")


def test_bytes_are_on_the_disk_before_the_name_and_the_name_before_the_return(tmp_path, monkeypatch):
    order = []
    real_sync, real_replace = os.fsync, files.Path.replace

    def sync(descriptor):
        order.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        real_sync(descriptor)

    def replace(self, target):
        order.append("rename")
        return real_replace(self, target)

    monkeypatch.setattr(files.os, "fsync", sync)
    monkeypatch.setattr(files.Path, "replace", replace)
    write_atomically(tmp_path / "a", b"one")
    assert order == ["file", "rename", "folder"]


@pytest.fixture
def staging(tmp_path):
    folder = tmp_path / "a.staging"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.mp4").write_bytes(b"video")
    (folder / "deep" / "b").write_bytes(b"more")
    return folder


def test_a_folder_is_published_in_one_step(tmp_path, staging):
    publish_folder(staging, tmp_path / "a.release")
    assert not staging.exists()
    assert (tmp_path / "a.release" / "a.mp4").read_bytes() == b"video"
    assert (tmp_path / "a.release" / "deep" / "b").read_bytes() == b"more"


@pytest.mark.parametrize("there", ["folder", "empty folder", "file", "dangling link"])
def test_refuses_to_replace_whatever_stands_there(tmp_path, staging, there):
    final = tmp_path / "a.release"
    if "folder" in there:
        final.mkdir()
    if there == "folder":
        (final / "old").write_bytes(b"old")
    if there == "file":
        final.write_bytes(b"old")
    if there == "dangling link":
        final.symlink_to(tmp_path / "nowhere")
    with pytest.raises(ReleaseExistsError, match="already exists"):
        publish_folder(staging, final)
    assert (staging / "a.mp4").exists()
    assert os.path.lexists(final)


@pytest.mark.parametrize("there", ["folder", "file"])
def test_refuses_to_replace_what_appears_at_the_last_moment(tmp_path, staging, monkeypatch, there):
    final = tmp_path / "a.release"
    if there == "folder":
        final.mkdir()
        (final / "old").write_bytes(b"old")
    else:
        final.write_bytes(b"old")
    monkeypatch.setattr(files.os.path, "lexists", lambda _path: False)
    with pytest.raises(ReleaseExistsError):
        publish_folder(staging, final)
    assert (final / "old" if there == "folder" else final).read_bytes() == b"old"
    assert (staging / "a.mp4").exists()


def test_a_disk_that_refuses_publishes_nothing(tmp_path, staging, monkeypatch):
    monkeypatch.setattr(files.os, "fsync", refusing(errno.ENOSPC))
    with pytest.raises(StorageError, match="No space"):
        publish_folder(staging, tmp_path / "a.release")
    assert staging.exists()
    assert not (tmp_path / "a.release").exists()


def test_a_staging_folder_that_is_gone_is_a_storage_error(tmp_path):
    with pytest.raises(StorageError):
        publish_folder(tmp_path / "gone", tmp_path / "a.release")


@pytest.mark.parametrize("number", [errno.EOPNOTSUPP, errno.EPERM, errno.ENOSYS])
def test_a_share_without_hard_links_still_never_replaces(tmp_path, monkeypatch, number):
    monkeypatch.setattr(files.os, "link", refusing(number))
    write_private(tmp_path / "key", b"one")
    with pytest.raises(StorageError, match="exists"):
        write_private(tmp_path / "key", b"two")
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {"key": b"one"}


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_share_without_locks_is_named_with_what_to_choose(tmp_path, monkeypatch, number):
    monkeypatch.setattr(files.fcntl, "flock", refusing(number))
    with pytest.raises(StorageError, match="has no locks") as caught, locked(tmp_path / ".lock"):
        pytest.fail("it was not held")
    assert "local disk" in caught.value.remedy


def test_a_lock_that_another_holds_is_the_callers_error(tmp_path):
    with locked(tmp_path / ".lock"), pytest.raises(KeyError), locked(tmp_path / ".lock", lambda _: KeyError("busy")):
        pytest.fail("it was held twice")
