"""Open one frame of a release: what its source was, proved by a signed root, and nothing of any other frame."""

import json
from bisect import bisect_right
from fractions import Fraction
from pathlib import Path
from typing import Any

from bodycam_pipeline.checking import read_frame_table
from bodycam_pipeline.evidence.commitments import FrameDisclosure, FrameTable
from bodycam_pipeline.evidence.frames_file import read_frames
from bodycam_pipeline.foreign import parse_json, read_bytes
from bodycam_pipeline.package.archive import open_archive
from bodycam_pipeline.package.check import Trust, check_signed_files
from bodycam_pipeline.passes import probe_in_worker
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.release.job import published_manifest
from bodycam_pipeline.release.source import kept_source
from bodycam_pipeline.review.history import record
from bodycam_pipeline.running.runner import Runner
from bodycam_pipeline.values.errors import PackageError, VerificationError

FORMAT = 1
_REMEDY = "Ask the publisher to open the frame again, and compare the package's fingerprint."


def open_frame(job: Folders, at: Fraction, by: str, why: str) -> bytes:
    """The disclosure, as JSON, of the frame that a release shows at a time in seconds; it stands in the history first.

    Raises:
        StateError: nothing was released yet, or nobody is named.
        PackageError: no release, or none that a frame of can be opened; or it shows nothing at that time.
    """
    published, manifest = published_manifest(job)
    time_base = Fraction(1, Fraction(manifest["video"]["time_base"]).denominator)
    frames, source = FrameTable(*read_frames(job.release / "frames.parquet")), kept_source(job)
    if source.root() != published.source:
        raise PackageError(
            f"the list of source frames in {job.internal} is not the one that {job.release} commits to",
            remedy="Restore it, and the job's secret, from a backup.",
        )
    number = bisect_right(frames.pts.tolist(), at / time_base) - 1
    if number < 0:
        raise PackageError("the release shows nothing at that time", remedy="Give a time at or after its first frame.")
    record(job, "opened", by, why, of=published.manifest, frame=str(number))
    return _written(source.open(number), int(frames.pts[number]))


def check_disclosure(
    disclosure: Path, package: Path, trust: Trust, runner: Runner, recording: str | None = None
) -> FrameDisclosure:
    """Check a disclosure against a package's signed root and, where it is at hand, against the recording itself.

    Raises:
        SignatureError, VerificationError: the package, or the disclosure, is not right.
        RecordingError: the recording cannot be read.
    """
    with open_archive(package) as folder:
        signed = check_signed_files(folder, trust, runner).predicate["source"]
        released_pts = read_frame_table(folder, runner).pts
    found, pts = _read(disclosure)
    if not found.is_below(bytes.fromhex(signed["root"]), signed["count"]) or released_pts[found.number] != pts:
        raise VerificationError(f"{disclosure} does not open what the package commits to", remedy=_REMEDY)
    if recording is not None:
        _check_recording(found, recording, runner)
    return found


def _check_recording(found: FrameDisclosure, recording: str, runner: Runner) -> None:
    packets = probe_in_worker(runner, recording).packets
    digests = {row.tobytes() for row in packets.sha256[packets.shown & (packets.pts == found.pts)]}
    if digests != {found.packet_sha256}:
        raise VerificationError(f"{recording} holds another frame at pts {found.pts}", remedy=_REMEDY)


def _written(disclosure: FrameDisclosure, released_pts: int) -> bytes:
    value = {
        "format": FORMAT,
        "frame": disclosure.number,
        "release_pts": released_pts,
        "source_pts": disclosure.pts,
        "source_packet_sha256": disclosure.packet_sha256.hex(),
        "salt": disclosure.salt.hex(),
        "proof": [step.hex() for step in disclosure.proof],
    }
    return f"{json.dumps(value, indent=1)}\n".encode()


def _read(path: Path) -> tuple[FrameDisclosure, int]:
    try:
        value: dict[str, Any] = parse_json(read_bytes(path))
        digest, salt = bytes.fromhex(value["source_packet_sha256"]), bytes.fromhex(value["salt"])
        proof = tuple(bytes.fromhex(step) for step in value["proof"])
        disclosure = FrameDisclosure(int(value["frame"]), int(value["source_pts"]), digest, salt, proof)
        if {len(part) for part in (digest, salt, *proof)} == {32} and read_bytes(path) == _written(
            disclosure, value["release_pts"]
        ):
            return disclosure, value["release_pts"]
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        pass
    raise VerificationError(f"{path} is no disclosure of a frame", remedy=_REMEDY)
