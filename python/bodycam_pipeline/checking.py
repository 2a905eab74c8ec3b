"""Is a release what its manifest says? Needs the release alone: no recording, no plan, no secret."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from bodycam_pipeline.digests import file_sha256
from bodycam_pipeline.evidence.commitments import FrameTable
from bodycam_pipeline.foreign import parse_json, read_bytes
from bodycam_pipeline.passes import Watch, decode_every_frame, watch_nothing
from bodycam_pipeline.release.manifest import FORMAT
from bodycam_pipeline.running.one import one
from bodycam_pipeline.running.runner import Runner
from bodycam_pipeline.tasks.container import ContainerTask, observe_file
from bodycam_pipeline.tasks.frame_list import FrameListTask, read_frame_list
from bodycam_pipeline.values.errors import VerificationError
from bodycam_pipeline.values.timeline import ReleaseClock

_REMEDY = "Do not rely on this copy: ask for the release again from where it was published."


def check_release(
    folder: Path, runner: Runner, watch: Watch = watch_nothing, beside: frozenset[str] = frozenset()
) -> int:
    """Hold every file, stream and frame of a release against its manifest; returns how many frames it has.

    Args:
        folder: The release.
        runner: Decodes it.
        watch: Is told how far that is.
        beside: Files that are there without being in the manifest: a package holds its own.

    Raises:
        VerificationError: the first thing that is not as the manifest says.
    """
    manifest = check_files(folder, beside)
    (video,) = (folder / name for name in manifest["files"] if name.endswith(".mp4"))
    _check_container(video, manifest, runner)
    _check_frames(video, folder, runner, watch)
    return int(manifest["video"]["frames"])


def check_files(folder: Path, beside: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Hold every file of a release against its manifest, which is returned; no frame is decoded.

    Raises:
        VerificationError: the first file that is missing, added or changed.
    """
    manifest = _manifest(folder)
    _check_files(folder, manifest["files"], beside)
    return manifest


def read_frame_table(folder: Path, runner: Runner) -> FrameTable:
    """The frames of a release, as its own list has them; it is read in a box.

    Raises:
        VerificationError: it is none.
    """
    path = folder / "frames.parquet"
    pts, sha256 = one(runner, read_frame_list, FrameListTask(str(path)))
    if pts.ndim != 1 or sha256.shape != (len(pts), 32):
        raise VerificationError(f"{path} is not a release's list of frames", remedy=_REMEDY)
    return FrameTable(pts, sha256)


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = parse_json(read_bytes(folder / "manifest.json"))
    except (OSError, ValueError) as error:
        raise VerificationError(f"{folder} has no readable manifest.json", remedy=_REMEDY) from error
    if not _is_complete(manifest):
        raise VerificationError(f"{folder / 'manifest.json'} is not a manifest of format {FORMAT}", remedy=_REMEDY)
    return manifest


def _is_complete(manifest: Any) -> bool:
    """Whether it has what is read of it here, so that a forged one is refused and not a crash."""
    try:
        videos = [name for name in manifest["files"] if name.endswith(".mp4")]
        counted = isinstance(manifest["video"]["frames"], int)
        return (
            manifest["format"] == FORMAT
            and len(videos) == 1
            and counted
            and all(s["disposition"] for s in manifest["streams"])
        )
    except (KeyError, TypeError, AttributeError):
        return False


def _check_files(folder: Path, promised: dict[str, str], beside: frozenset[str]) -> None:
    there = {path.name for path in folder.iterdir()} - {"manifest.json"} - beside
    if there != set(promised):
        odd = ", ".join(sorted(there ^ set(promised)))
        raise VerificationError(f"files missing from, or added to, {folder}: {odd}", remedy=_REMEDY)
    for name, sha256 in promised.items():
        if file_sha256(folder / name) != sha256:
            raise VerificationError(f"{name} was changed after it was published", remedy=_REMEDY)


def _check_container(video: Path, manifest: dict[str, Any], runner: Runner) -> None:
    dispositions = [stream["disposition"] for stream in manifest["streams"]]
    seen = one(runner, observe_file, ContainerTask(str(video), tuple(_silent(manifest, dispositions))))
    if seen.video_tracks != 1 or seen.other_tracks or seen.metadata or seen.unowned:
        what = "; ".join((*seen.other_tracks, *seen.metadata, *seen.unowned))
        raise VerificationError(f"{video.name} holds more than one video track and its sound: {what}", remedy=_REMEDY)
    named = sum(disposition in {"muted", "kept"} for disposition in dispositions)
    promised = manifest.get("sound_tracks", named)  # said where several tracks of the recording are in the release
    if seen.audio_tracks != promised:
        what = f"{video.name} has {seen.audio_tracks} sound tracks where its manifest names {promised}"
        raise VerificationError(what, remedy=_REMEDY)
    if seen.heard:
        raise VerificationError(f"{video.name} has {seen.heard[0]}", remedy=_REMEDY)


def _silent(manifest: dict[str, Any], dispositions: list[str]) -> list[tuple[Fraction, Fraction | None]]:
    """Seconds of the release in which its manifest says that nothing can be heard."""
    if "muted" in dispositions:
        return [(Fraction(0), None)]
    facts = manifest["video"]
    clock, base = ReleaseClock(int(facts["pts_shift"]), 1), Fraction(facts["time_base"])
    spans = [*manifest["muted"], *manifest["withheld"]]
    return [(clock.seconds(s["from_pts"], base), clock.seconds(s["to_pts"], base)) for s in spans]


def _check_frames(video: Path, folder: Path, runner: Runner, watch: Watch) -> None:
    listed = read_frame_table(folder, runner)
    pts, sha256 = listed.pts, listed.sha256
    seen = decode_every_frame(video, runner, watch)
    seen_pts = np.concatenate([part.pts for part in seen])
    seen_sha256 = np.concatenate([part.sha256 for part in seen])
    if not np.array_equal(pts, seen_pts):
        raise VerificationError(
            f"{video.name} has other frames or other times than frames.parquet says", remedy=_REMEDY
        )
    if not np.array_equal(sha256, seen_sha256):
        first = int(pts[np.argmax((sha256 != seen_sha256).any(axis=1))])
        raise VerificationError(
            f"{video.name} has other pixels than frames.parquet says at pts {first}", remedy=_REMEDY
        )
