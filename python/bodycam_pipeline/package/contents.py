"""The files of a package beside those of its release, and the rules for any file in one."""

from pathlib import Path

from bodycam_pipeline.digests import file_sha256
from bodycam_pipeline.reports.exemption_index import NAMES
from bodycam_pipeline.values.errors import VerificationError

STATEMENT = "statement.dsse.json"
SUMS = "SHA256SUMS"
FRAMEHASH = "frames.framehash.gz"
KEY = "signer.pub.pem"
LETTER = "letter-fields.csv"
GUIDE = "VERIFY.md"
PAGE = "verify.html"
ADDED = frozenset({STATEMENT, SUMS, FRAMEHASH, KEY, LETTER, GUIDE, PAGE, *NAMES})
"""What a package holds beside the release's own files, which it holds byte for byte."""

REMEDY = "Do not rely on this copy: ask for the package again from where it was published."


def is_plain(name: str) -> bool:
    """Whether a file may be called so: one visible name without a path, which a list of sums takes as it is."""
    return name.isprintable() and not name.startswith((".", "-")) and not set(name) & set("/\\")


def plain_files(folder: Path) -> dict[str, Path]:
    """Every file of a folder by name.

    Raises:
        VerificationError: there is anything else in it: a folder, a link, a name that hides.
    """
    files = {}
    for path in folder.iterdir():
        if path.is_symlink() or not path.is_file() or not is_plain(path.name):
            raise VerificationError(f"{path.name!r} is not a plain file of a package", remedy=REMEDY)
        files[path.name] = path
    return files


def digests_of(files: dict[str, Path]) -> dict[str, str]:
    """SHA-256 of each file, hex, sorted by name."""
    return {name: file_sha256(files[name]) for name in sorted(files)}


def sums_text(digests: dict[str, str]) -> str:
    """The text that ``sha256sum -c`` checks."""
    return "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(digests.items()))
