"""`bodycam package`, `open-frame` and `check-disclosure`: what is handed out, and what can be proved of it later."""

from fractions import Fraction
from pathlib import Path
from typing import Annotated

import typer

from bodycam_pipeline.cli.job import By, Job, Me, Why, login
from bodycam_pipeline.cli.output import AsJson, tell
from bodycam_pipeline.cli.trust import Fingerprint, Key, read_trust
from bodycam_pipeline.durable import write_atomically
from bodycam_pipeline.evidence.keys import read_private_key
from bodycam_pipeline.package.frame_disclosure import check_disclosure, open_frame
from bodycam_pipeline.package.make import make_package
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.running.local import LocalRunner
from bodycam_pipeline.values.timeline import parse_clock


def add_to(app: typer.Typer) -> None:
    """Register the verbs."""
    app.command("package")(package)
    app.command("open-frame")(open_a_frame)
    app.command("check-disclosure")(check_a_disclosure)


def package(
    job: Job,
    to: Annotated[Path, typer.Option("--to", help="The package to make: a folder, or a file that ends in .zip.")],
    key: Annotated[Path, typer.Option("--key", help="Your private key: `bodycam keys new FILE` makes one.")],
    by: Me = None,
    as_json: AsJson = False,
) -> None:
    """Make a signed package of a release that anyone can check; refused while approvals are missing."""
    with LocalRunner(1) as runner:
        made = make_package(Folders.of(job), to, read_private_key(key), by or login(), runner)
    facts = {"state": "packaged", "package": to, "fingerprint": made.fingerprint, "statement": made.statement_sha256}
    sentences = (
        f"packaged: {to}\n"
        f"  signed with {made.fingerprint} (make this known where requesters look)\n"
        f"  they check: bodycam verify {to.name} --fingerprint {made.fingerprint}, or VERIFY.md, or verify.html"
    )
    tell(facts, sentences, as_json=as_json)


def open_a_frame(
    job: Job,
    at: Annotated[str, typer.Option("--at", help="Time of the frame in the released video: 12.5 or 00:00:12.500.")],
    to: Annotated[Path, typer.Option("--to", help="The file to write the disclosure to.")],
    by: By,
    why: Why,
    as_json: AsJson = False,
) -> None:
    """Prove what one frame of a release was made from, and nothing of any other frame."""
    write_atomically(to, open_frame(Folders.of(job), clock(at), by, why))
    tell({"state": "opened", "disclosure": to}, f"opened: {to} (names one frame of the recording)", as_json=as_json)


def check_a_disclosure(
    disclosure: Annotated[Path, typer.Argument(metavar="DISCLOSURE", help="What `bodycam open-frame` wrote.")],
    package: Annotated[Path, typer.Option("--package", help="The package that the frame is in.")],
    key: Key = None,
    fingerprint: Fingerprint = None,
    recording: Annotated[str | None, typer.Option("--recording", help="The recording, where it is at hand.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check that a package committed to this source frame when it was signed."""
    with LocalRunner(1) as runner:
        found = check_disclosure(disclosure, package, read_trust(key, fingerprint), runner, recording)
    facts = {
        "state": "verified",
        "frame": found.number,
        "source_pts": found.pts,
        "source_packet_sha256": found.packet_sha256.hex(),
        "recording_checked": recording is not None,
    }
    there = "and the recording holds it" if recording else "(give --recording to see whether a recording holds it)"
    sentences = (
        f"verified: frame {found.number} was made from the frame at pts {found.pts} "
        f"whose packet has the SHA-256 {found.packet_sha256.hex()}, {there}"
    )
    tell(facts, sentences, as_json=as_json)


def clock(text: str) -> Fraction:
    """Seconds, from what a person typed."""
    try:
        return parse_clock(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
