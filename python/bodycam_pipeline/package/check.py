"""Is a package what its signer says? Needs the package and the signer's public key: no network, no secret."""

import gzip
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bodycam_pipeline.checking import check_files, check_release, read_frame_table
from bodycam_pipeline.evidence.commitments import FrameTable
from bodycam_pipeline.evidence.keys import fingerprint, parse_public_key
from bodycam_pipeline.evidence.signing import IN_TOTO, open_envelope
from bodycam_pipeline.foreign import read_bytes
from bodycam_pipeline.package.archive import open_archive
from bodycam_pipeline.package.contents import (
    ADDED,
    FRAMEHASH,
    KEY,
    REMEDY,
    STATEMENT,
    SUMS,
    digests_of,
    plain_files,
    sums_text,
)
from bodycam_pipeline.package.make import framehash
from bodycam_pipeline.package.statement import Statement, parse_statement, predicate_of
from bodycam_pipeline.passes import Watch, watch_nothing
from bodycam_pipeline.running.runner import Runner
from bodycam_pipeline.values.errors import VerificationError


@dataclass(frozen=True)
class Trust:
    """Whose signature is believed: a key, or the key with a fingerprint; one of them has to be named."""

    key: Ed25519PublicKey | None = None
    fingerprint: str | None = None


@dataclass(frozen=True)
class Checked:
    """What was found right.

    Attributes:
        frames: How many the video has.
        fingerprint: Of the key that signed.
        statement: What was signed.
    """

    frames: int
    fingerprint: str
    statement: Statement


def is_package(path: Path) -> bool:
    """Whether a path is to be checked as a package: a file, or a folder with a signed statement."""
    return path.is_file() or (path / STATEMENT).exists()


def check_package(package: Path, trust: Trust, runner: Runner, watch: Watch = watch_nothing) -> Checked:
    """Check the signature, that every file is there, as signed, and no other, and that every frame decodes as signed.

    Raises:
        SignatureError: the statement is not signed by whom is trusted.
        VerificationError: the first thing that is not as signed.
    """
    with open_archive(package) as folder:
        statement = check_signed_files(folder, trust, runner)
        frames = check_release(folder, runner, watch, ADDED)
        return Checked(frames, _signer(folder), statement)


def check_signed_files(folder: Path, trust: Trust, runner: Runner) -> Statement:
    """Check everything but the frames; returns what was signed.

    Raises:
        SignatureError, VerificationError: as `check_package`.
    """
    files = plain_files(folder)
    statement = _signed(files, trust)
    found = digests_of({name: path for name, path in files.items() if name != STATEMENT})
    _refuse_different(statement.files, found)
    _refuse_contradictions(folder, files, statement, runner)
    return statement


def _signed(files: dict[str, Path], trust: Trust) -> Statement:
    for name in (STATEMENT, KEY):
        if name not in files:
            raise VerificationError(f"{name} is missing", remedy=REMEDY)
    key = trust.key or parse_public_key(read_bytes(files[KEY]), KEY)
    if trust.key is None or trust.fingerprint is not None:
        _refuse_unvouched(key, trust.fingerprint)
    return parse_statement(open_envelope(read_bytes(files[STATEMENT]), IN_TOTO, key))


def _refuse_unvouched(key: Ed25519PublicKey, pinned: str | None) -> None:
    found = fingerprint(key)
    if pinned is None:
        raise VerificationError(
            f"the package alone names the key that signed it ({found}), which anyone could write",
            remedy="Compare with the fingerprint that the publisher makes known, and give it: --fingerprint or --key.",
        )
    if found != pinned.replace(":", "").strip().lower():
        raise VerificationError(f"the package was signed with another key, {found}", remedy=REMEDY)


def _refuse_different(signed: dict[str, str], found: dict[str, str]) -> None:
    if signed.keys() != found.keys():
        odd = ", ".join(sorted(signed.keys() ^ found.keys()))
        raise VerificationError(f"files missing from, or added to, the package: {odd}", remedy=REMEDY)
    for name, sha256 in found.items():
        if signed[name] != sha256:
            raise VerificationError(f"{name} is not the file that was signed", remedy=REMEDY)


def _refuse_contradictions(folder: Path, files: dict[str, Path], statement: Statement, runner: Runner) -> None:
    """A signed package that contradicts itself: its signer made it with something else than this program."""
    manifest = check_files(folder, ADDED)
    frames = read_frame_table(folder, runner)
    (video,) = folder.glob("*.mp4")
    hashes = framehash(video, frames, runner)
    sums = sums_text({name: sha256 for name, sha256 in statement.files.items() if name != SUMS})
    agreements = {
        f"{SUMS} and the statement": files[SUMS].read_text() == sums,
        f"{KEY} and the signature": _signer(folder) in files[STATEMENT].read_text(),
        "the release and the statement": statement.predicate == _expected(manifest, frames, statement),
        f"{FRAMEHASH} and frames.parquet": _unpacked(files[FRAMEHASH], len(hashes)) == hashes,
    }
    for what, agree in agreements.items():
        if not agree:
            raise VerificationError(f"{what} do not agree", remedy=REMEDY)


def _expected(manifest: dict[str, Any], frames: FrameTable, statement: Statement) -> dict[str, Any]:
    """All that can be told without the source; its root is taken as it is, if it is one."""
    source = statement.predicate.get("source")
    root = str(source.get("root")) if isinstance(source, dict) else ""
    return predicate_of(manifest, frames, root if re.fullmatch("[0-9a-f]{64}", root) else "")


def _unpacked(path: Path, most_bytes: int) -> bytes:
    """What a file holds, up to one byte more than it may: it says itself how long it gets."""
    try:
        with gzip.open(path) as file:
            return file.read(most_bytes + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise VerificationError(f"{path.name} cannot be unpacked", remedy=REMEDY) from error


def _signer(folder: Path) -> str:
    return fingerprint(parse_public_key((folder / KEY).read_bytes(), KEY))
