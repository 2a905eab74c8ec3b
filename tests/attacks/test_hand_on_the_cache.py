"""A hand on what is kept between runs hides nothing and shows nothing: what was touched is made anew.

The attacker writes every file of a job but cannot read its secret. They know the formats, and what the files of other
segments, models and plans are.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from bodycam_pipeline import pipeline
from bodycam_pipeline.evidence.candidates_file import read_candidates, write_candidates
from bodycam_pipeline.evidence.frames_file import read_digests, write_digests
from bodycam_pipeline.evidence.signatures_file import signatures_path, write_signatures
from bodycam_pipeline.kept import make_secret, read_kept, secret_path, write_kept
from bodycam_pipeline.pipeline import Order, redact
from bodycam_pipeline.running.local import LocalRunner
from tests.attacks.forging import with_a_wall
from tests.attacks.jobs import files_of, quick_policy
from tests.clips import clip
from tests.inline import InlineRunner

POLICY = quick_policy("fill")


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three segments; nobody is in them."""
    return clip(tmp_path_factory.mktemp("cache") / "recording.mp4", frames=300, options={"g": "25"})


@pytest.fixture(scope="module")
def undisturbed(recording: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return files_of(redact(Order(str(recording), tmp_path_factory.mktemp("out"), POLICY), InlineRunner()))


class PowerCutError(Exception):
    """The machine stops."""


def cut_off(recording: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job that did everything but publish."""

    def stop(*_: object) -> None:
        raise PowerCutError

    with monkeypatch.context() as during:
        during.setattr(pipeline, "publish", stop)
        with pytest.raises(PowerCutError):
            redact(Order(str(recording), out, POLICY), InlineRunner())


def theirs(out: Path) -> Path:
    """A secret of the attacker's own."""
    make_secret(out / "theirs")
    return secret_path(out / "theirs")


def ours(out: Path) -> Path:
    return secret_path(out / "recording.internal")


def hide_a_wall(path: Path, out: Path) -> None:
    """Every frame gets a face that no network saw: it would be hidden, and called automatic."""
    seen = read_candidates(path, ours(out))
    assert seen is not None
    write_candidates(with_a_wall(seen), path, theirs(out))


def name_other_frames(path: Path, out: Path) -> None:
    digests = read_digests(path, ours(out))
    write_digests(dict.fromkeys(digests, bytes(32)), path, theirs(out))


def show_other_pictures(path: Path, _out: Path) -> None:
    """Samples of another segment, their index, and signatures that fit."""
    other = path.with_name("000001.samples")
    for suffix in ("", ".index", ".signatures", ".rendered"):
        Path(f"{path}{suffix}").write_bytes(Path(f"{other}{suffix}").read_bytes())


def forget_the_signatures(path: Path, out: Path) -> None:
    write_signatures({}, signatures_path(str(path)), theirs(out))


def vouch_for_anything(path: Path, out: Path) -> None:
    content = read_kept(Path(f"{path}.rendered"), ours(out))
    assert content is not None
    Path(f"{path}").write_bytes(b"nothing")
    write_kept(Path(f"{path}.rendered"), content, theirs(out))


def swap_segments(path: Path, _out: Path) -> None:
    path.write_bytes(path.with_name(path.name.replace("000000", "000001")).read_bytes())


TOUCHED: dict[str, tuple[str, Callable[[Path, Path], None]]] = {
    "detections forged": ("recording.internal/detections/*/000000.candidates", hide_a_wall),
    "detections of another segment": ("recording.internal/detections/*/000000.candidates", swap_segments),
    "digests forged": ("recording.internal/detections/*/000000.frames.parquet", name_other_frames),
    "samples of another segment": ("recording.staging/*/000000.samples", show_other_pictures),
    "signatures forged": ("recording.staging/*/000000.samples", forget_the_signatures),
    "samples vouched for": ("recording.staging/*/000000.samples", vouch_for_anything),
    "second look forged": ("recording.staging/second-look-*/000000.candidates", hide_a_wall),
    "second look of another segment": ("recording.staging/second-look-*/000000.candidates", swap_segments),
}


@pytest.mark.parametrize("touched", TOUCHED)
def test_what_was_touched_is_made_anew_and_the_release_is_the_same(
    recording: Path, undisturbed: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, touched: str
) -> None:
    place, touch = TOUCHED[touched]
    cut_off(recording, tmp_path, monkeypatch)
    (path,) = tmp_path.glob(place)
    touch(path, tmp_path)
    published = redact(Order(str(recording), tmp_path, POLICY), InlineRunner())
    assert published.plan.tracks() == {}
    assert files_of(published) == undisturbed


def test_what_nobody_touched_is_believed_by_other_workers_and_the_release_is_the_same(
    recording: Path, undisturbed: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_off(recording, tmp_path, monkeypatch)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*/*/000*")}
    with LocalRunner(2) as runner:
        monkeypatch.setattr("bodycam_pipeline.pipeline.publish", spared(before, pipeline.publish))
        assert files_of(redact(Order(str(recording), tmp_path, POLICY), runner)) == undisturbed


def spared(before: dict[Path, int], publish: Callable[..., None]) -> Callable[..., None]:
    """Publishing, once it was seen that nothing was made again."""

    def checked(*parts: object) -> None:
        assert {path: path.stat().st_mtime_ns for path in before} == before
        publish(*parts)

    return checked


def test_the_secret_is_for_its_owner_alone_and_nothing_that_leaves_has_it(
    recording: Path, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    published = redact(Order(str(recording), tmp_path, POLICY), InlineRunner())
    path = secret_path(published.folders.internal)
    assert path.stat().st_mode & 0o777 == 0o600
    secret = path.read_bytes()
    assert not [
        name for name, content in files_of(published).items() if secret in content or secret.hex().encode() in content
    ]
    assert files_of(published) == undisturbed, "two jobs have two secrets, and one release"
