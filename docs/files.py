"""What lies on the disk, where and since when: the table that the reference page shows and a real job is held to."""

from fnmatch import fnmatchcase
from typing import NamedTuple


class File(NamedTuple):
    """One file, or one kind of files.

    Attributes:
        place: Its folder below ``--out``; ``NAME`` is the release's name.
        name: Its name, ``*`` for what differs.
        since: The step that writes it.
        what: What it holds.
    """

    place: str
    name: str
    since: str
    what: str


RELEASE, INTERNAL, DETECTIONS, PACKAGE = "NAME.release", "NAME.internal", "NAME.internal/detections/*", "package"

FILES = (
    File(RELEASE, "redacted.mp4", "publish", "the redacted copy"),
    File(RELEASE, "frames.parquet", "publish", "time and SHA-256 of every released frame"),
    File(RELEASE, "manifest.json", "publish", "what was done, by which code, models and policy; every stream's end"),
    File(INTERNAL, "job.json", "detect", "what the job was asked, and what it was made of"),
    File(INTERNAL, "commitment.secret", "detect", "the job's secret, drawn once; its owner's alone"),
    File(INTERNAL, ".lock", "detect", "held while a process works on the job"),
    File(DETECTIONS, "*.candidates", "detect", "what was seen and followed in one segment, with a MAC"),
    File(DETECTIONS, "*.frames.parquet", "detect", "what each frame of one segment decodes to, with a MAC"),
    File(INTERNAL, "source-frames.parquet", "publish", "what each frame of the recording decodes to"),
    File(INTERNAL, "draft.parquet", "detect", "the plan before a person's edits"),
    File(INTERNAL, "plan.parquet", "detect", "every hidden region with its reason; withheld and muted time"),
    File(INTERNAL, "proposals.parquet", "detect", "what was seen and not hidden, with its evidence"),
    File(INTERNAL, "work.npz", "detect", "tracks as they were seen, for the page"),
    File(INTERNAL, "report.html", "detect", "what a records officer reads before signing"),
    File(INTERNAL, "exemption-index.*", "publish", "every deletion in one line, with the names of who decided"),
    File(INTERNAL, "history.jsonl", "detect", "who did what to the job, chained"),
    File(INTERNAL, "history.head", "detect", "the last entry, vouched for under the job's secret"),
    File(INTERNAL, ".history.lock", "detect", "held while an entry is written"),
    File(PACKAGE, "redacted.mp4", "package", "as in the release"),
    File(PACKAGE, "frames.parquet", "package", "as in the release"),
    File(PACKAGE, "manifest.json", "package", "as in the release"),
    File(PACKAGE, "frames.framehash.gz", "package", "the same digests as `ffmpeg -f framehash` prints them"),
    File(PACKAGE, "exemption-index.*", "package", "every deletion in one line, without names"),
    File(PACKAGE, "letter-fields.csv", "package", "a row of fields for the letter"),
    File(PACKAGE, "statement.dsse.json", "package", "the signed statement that binds every file"),
    File(PACKAGE, "signer.pub.pem", "package", "the signer's public key"),
    File(PACKAGE, "SHA256SUMS", "package", "digests for `sha256sum --check`"),
    File(PACKAGE, "VERIFY.md", "package", "how to check it with stock tools"),
    File(PACKAGE, "verify.html", "package", "a page that checks it in a browser"),
)


def row_of(place: str, name: str) -> File | None:
    """The row of a file, if the table has one."""
    return next((row for row in FILES if fnmatchcase(place, row.place) and fnmatchcase(name, row.name)), None)
