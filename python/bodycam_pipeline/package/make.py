"""Make a package of a published release: everything anyone needs to check it, under one signature."""

import gzip
import shutil
from dataclasses import dataclass
from importlib.resources import files as resources
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bodycam_pipeline.checking import check_files
from bodycam_pipeline.digests import file_sha256
from bodycam_pipeline.durable import (
    disk_errors,
    durable_file,
    make_folder,
    publish_folder,
    refuse_taken,
    write_atomically,
)
from bodycam_pipeline.evidence.commitments import FrameTable
from bodycam_pipeline.evidence.frames_file import FrameFacts, framehash_text, read_frames
from bodycam_pipeline.evidence.keys import fingerprint, public_pem
from bodycam_pipeline.evidence.signing import IN_TOTO, sign_statement
from bodycam_pipeline.package.archive import write_archive
from bodycam_pipeline.package.contents import (
    FRAMEHASH,
    GUIDE,
    KEY,
    LETTER,
    PAGE,
    STATEMENT,
    SUMS,
    digests_of,
    plain_files,
    sums_text,
)
from bodycam_pipeline.package.index import public_index
from bodycam_pipeline.package.letter import letter_fields
from bodycam_pipeline.package.statement import Statement, predicate_of
from bodycam_pipeline.passes import probe_release_in_worker
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.review.history import record, refuse_unapproved
from bodycam_pipeline.running.runner import Runner
from bodycam_pipeline.values.errors import PackageError


@dataclass(frozen=True)
class Packaged:
    """A package in its place.

    Attributes:
        path: The folder or ZIP file.
        fingerprint: Of the key that signed it.
        statement_sha256: Of the signed statement, which names every byte of it.
    """

    path: Path
    fingerprint: str
    statement_sha256: str


def make_package(job: Folders, to: Path, key: Ed25519PrivateKey, by: str, runner: Runner) -> Packaged:
    """Package a job's release in a folder, or in one file where the name ends in ``.zip``.

    The same job and key give the same bytes. What is packaged is what was approved, byte for byte, whatever is
    exchanged meanwhile. Nothing bears the name before all of it is on the disk, and nothing is released that does not
    stand in the job's history, under a person's name, before.

    Raises:
        NotApprovedError: fewer people have approved the release than its policy asks for.
        PackageError: nothing is published, or it was changed since.
        ReleaseExistsError: something bears the name already.
        StorageError: the disk refused.
    """
    published = refuse_unapproved(job)
    refuse_taken(to)
    make_folder(to.parent)
    with disk_errors(to), TemporaryDirectory(prefix=f".{to.name}.", suffix=".part", dir=to.parent) as staging:
        folder = Path(staging) / "package"
        shutil.copytree(job.release, folder)
        manifest = check_files(folder)
        if file_sha256(folder / "manifest.json") != published.manifest:
            raise PackageError(
                f"{job.release} was replaced while this command ran", remedy="Find out by whom, and run again."
            )
        _add_files(folder, manifest, public_index(job, manifest), key, runner)
        _sign(folder, predicate_of(manifest, _frames(folder), published.source), key)
        packaged = Packaged(to, fingerprint(key.public_key()), digests_of(plain_files(folder))[STATEMENT])
        statement, signer = packaged.statement_sha256, packaged.fingerprint
        record(job, "released", by, of=published.manifest, statement=statement, fingerprint=signer)
        _put(folder, to)
    return packaged


def _add_files(
    folder: Path, manifest: dict[str, Any], index: dict[str, bytes], key: Ed25519PrivateKey, runner: Runner
) -> None:
    (video,) = folder.glob("*.mp4")
    texts = {
        FRAMEHASH: gzip.compress(framehash(video, _frames(folder), runner), mtime=0),
        KEY: public_pem(key.public_key()),
        LETTER: letter_fields(manifest).encode(),
        GUIDE: resources(__package__).joinpath("verify-by-hand.md").read_bytes(),
        PAGE: resources(__package__).joinpath(PAGE).read_bytes(),
        **index,
    }
    for name, text in texts.items():
        write_atomically(folder / name, text)
    write_atomically(folder / SUMS, sums_text(digests_of(plain_files(folder))).encode())


def _sign(folder: Path, predicate: dict[str, Any], key: Ed25519PrivateKey) -> None:
    statement = Statement(digests_of(plain_files(folder)), predicate)
    write_atomically(folder / STATEMENT, sign_statement(statement.text(), IN_TOTO, key))


def _put(folder: Path, to: Path) -> None:
    if to.suffix != ".zip":
        publish_folder(folder, to)
        return
    with durable_file(to) as archive:
        write_archive(folder, archive)


def framehash(video: Path, frames: FrameTable, runner: Runner) -> bytes:
    """What stock ``ffmpeg`` prints of a release's video with such frames.

    Raises:
        RecordingError: the video cannot be read.
    """
    facts = probe_release_in_worker(runner, video).video
    chroma = -(-facts.width // 2) * -(-facts.height // 2)
    size = facts.width * facts.height + 2 * chroma
    frame_facts = FrameFacts(facts.time_base, facts.width, facts.height, facts.sample_aspect_ratio, size)
    return framehash_text(frames.pts, frames.sha256, frame_facts).encode()


def _frames(folder: Path) -> FrameTable:
    return FrameTable(*read_frames(folder / "frames.parquet"))
