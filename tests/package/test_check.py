"""`bodycam verify PACKAGE`: honest packages are accepted, everything else is refused, by name and without a crash."""

import json
import shutil
import zipfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from bodycam_pipeline.evidence.keys import fingerprint, new_key, public_pem, read_private_key, read_public_key
from bodycam_pipeline.evidence.signing import IN_TOTO, open_envelope, sign_statement
from bodycam_pipeline.package.check import Trust, check_package
from bodycam_pipeline.package.contents import digests_of, plain_files, sums_text
from bodycam_pipeline.package.statement import parse_statement
from bodycam_pipeline.values.errors import BodycamError, SignatureError, VerificationError
from tests.inline import InlineRunner
from tests.package.conftest import FRAMES, Made
from tests.package.tampering import spoil

FEW, MANY = 120, 1_000


def refused(package: Path, trust: Trust) -> str:
    with pytest.raises((VerificationError, SignatureError)) as refusal:
        check_package(package, trust, InlineRunner())
    return str(refusal.value)


def signed_again(package: Path, made: Made, **predicate: object) -> None:
    """What the signer itself could do wrong: everything is signed, and something contradicts something."""
    key = read_private_key(made.key)
    statement = package / "statement.dsse.json"
    said = parse_statement(open_envelope(statement.read_bytes(), IN_TOTO, key.public_key()))
    files = plain_files(package)
    digests = digests_of({name: path for name, path in files.items() if name not in {"SHA256SUMS", statement.name}})
    files["SHA256SUMS"].write_text(sums_text(digests))
    digests |= digests_of({"SHA256SUMS": files["SHA256SUMS"]})
    statement.write_bytes(
        sign_statement(replace(said, files=digests, predicate=said.predicate | predicate).text(), IN_TOTO, key)
    )


def test_a_key_or_its_fingerprint_has_to_be_named(made: Made) -> None:
    key = read_public_key(made.public)
    spelled = ":".join(fingerprint(key)[at : at + 2].upper() for at in range(0, 64, 2))
    for trust in (
        Trust(key),
        Trust(fingerprint=fingerprint(key)),
        Trust(key, fingerprint(key)),
        Trust(fingerprint=spelled),
    ):
        assert check_package(made.folder, trust, InlineRunner()).frames == FRAMES
    assert "which anyone could write" in refused(made.folder, Trust())


def test_another_key_is_refused(made: Made, tmp_path: Path) -> None:
    other = read_public_key(new_key(tmp_path / "other.pem"))
    assert "by another key" in refused(made.folder, Trust(other))
    assert "another key" in refused(made.folder, Trust(fingerprint=fingerprint(other)))
    assert "another key" in refused(made.folder, Trust(read_public_key(made.public), fingerprint(other)))


def test_a_package_that_a_forger_signed_with_a_key_of_their_own_is_refused(made: Made, package: Path) -> None:
    new_key(package.parent / "forger.pem")
    forger = read_private_key(package.parent / "forger.pem")
    envelope = package / "statement.dsse.json"
    text = open_envelope(envelope.read_bytes(), IN_TOTO, read_public_key(made.public))
    envelope.write_bytes(sign_statement(text, IN_TOTO, forger))
    (package / "signer.pub.pem").write_bytes(public_pem(forger.public_key()))
    assert "another key" in refused(package, Trust(fingerprint=fingerprint(read_public_key(made.public))))
    assert "another key" in refused(package, made.trust)


@pytest.mark.parametrize(
    "predicate",
    [
        {"frames": {"count": FRAMES, "root": "0" * 64}},
        {"frames": {"count": FRAMES + 1, "root": "0" * 64}},
        {"source": {"count": FRAMES - 1, "root": "0" * 64}},
        {"plan": "0" * 64},
        {"policy": {"name": "another", "sha256": "0" * 64}},
        {"models": []},
        {"tool": {}},
        {"frames": None},
        {"source": []},
    ],
)
def test_a_signed_statement_that_contradicts_its_package_is_refused(
    made: Made, package: Path, predicate: dict[str, object]
) -> None:
    signed_again(package, made, **predicate)
    assert "do not agree" in refused(package, made.trust)


@pytest.mark.parametrize("name", ["frames.framehash.gz", "manifest.json", "frames.parquet", "signer.pub.pem"])
def test_a_signed_file_that_says_nothing_is_refused(made: Made, package: Path, name: str) -> None:
    (package / name).write_bytes(b"{}")
    signed_again(package, made)
    with pytest.raises(BodycamError):
        check_package(package, made.trust, InlineRunner())


def test_a_signed_video_with_another_picture_is_refused_by_decoding_it(made: Made, package: Path) -> None:
    """The last defence: all digests of files are right, and one frame is not what the list says."""
    video = package / "redacted.mp4"
    content = bytearray(video.read_bytes())
    at = content.index(b"mdat") + 4 + (len(content) - content.index(b"mdat")) // 3
    content[at] ^= 1
    video.write_bytes(content)
    manifest = json.loads((package / "manifest.json").read_text())
    manifest["files"] |= digests_of({video.name: video})
    (package / "manifest.json").write_text(json.dumps(manifest))
    signed_again(package, made)
    with pytest.raises(BodycamError):
        check_package(package, made.trust, InlineRunner())


def test_a_signed_zip_that_would_unpack_outside_is_refused_before_it_is_unpacked(made: Made, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr("../escaped", b"")
    assert "not byte for byte" in refused(tmp_path / "evil.zip", made.trust)


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\5\6" + bytes(18), b"\0" * 100])
def test_what_is_no_zip_is_refused(made: Made, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "package.zip").write_bytes(content)
    refused(tmp_path / "package.zip", made.trust)


def test_tampered_packages_are_refused(made: Made, tmp_path: Path) -> None:
    tampered(made, tmp_path, range(FEW))


@pytest.mark.slow
def test_every_tampered_package_is_refused(made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = tampered(made, tmp_path, range(FEW, FEW + MANY))
    with capsys.disabled():
        print(f" {done.total()} of {done.total()} refused: {dict(done.most_common())}", end=" ")


def tampered(made: Made, folder: Path, seeds: range) -> "Counter[str]":
    done: Counter[str] = Counter()
    for seed in seeds:
        where = folder / "case"
        where.mkdir()
        package, how = spoil(made.folder, made.archive, where, seed)
        try:
            check_package(package, made.trust, InlineRunner())
        except (VerificationError, SignatureError):
            done[how.split(":")[0]] += 1
        else:
            pytest.fail(f"seed {seed}: accepted with {how}")
        shutil.rmtree(where)
    return done
