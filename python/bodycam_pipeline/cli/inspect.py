"""`bodycam inspect`: what a file is, and what would become of it; the first thing to run on an unknown export."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

import typer

from bodycam_pipeline.cli.output import AsJson, state_of, tell
from bodycam_pipeline.evidence.policy_file import read_policy
from bodycam_pipeline.passes import probe_in_worker
from bodycam_pipeline.read.codecs import spoken_codec
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.release.job import Job, notes_of, released_streams
from bodycam_pipeline.rules.sounds import chosen_sounds
from bodycam_pipeline.running.local import LocalRunner
from bodycam_pipeline.running.one import one
from bodycam_pipeline.running.runner import Runner
from bodycam_pipeline.tasks.probe import ProbeTask, read_headers
from bodycam_pipeline.values.address import in_text, name_of
from bodycam_pipeline.values.errors import BodycamError, RecordingError
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.values.printable import counted
from bodycam_pipeline.values.recording import Recording
from bodycam_pipeline.values.timeline import format_clock

_MAKERS = ("make", "model")


def add_to(app: typer.Typer) -> None:
    """Register the verb."""
    app.command()(inspect)


def inspect(
    files: Annotated[list[str], typer.Argument(metavar="FILES...", help="Files as they came in; only ever read.")],
    policy: Annotated[Path | None, typer.Option("--policy", help="The policy that would redact them (TOML).")] = None,
    track: Annotated[int | None, typer.Option("--track", min=0, help="The video track that is meant.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say what a file is, what is in it, and what `redact` would do with it. Nothing is written.

    Exit code 0: all can be redacted. 3: some need a person's decision. 4: some are refused.
    """
    rules = read_policy(policy) if policy else Policy()
    with LocalRunner(1) as runner:
        found = [_facts(in_text(file), rules, track, runner) for file in files]
    tell({"files": found}, "\n".join(line for facts in found for line in _lines(facts)), as_json=as_json)
    raise typer.Exit(max(facts["exit_code"] for facts in found))


def _facts(address: str, policy: Policy, track: int | None, runner: Runner) -> dict[str, Any]:
    """What is known of a file; of one that is refused, what its headers say."""
    facts: dict[str, Any] = {"file": name_of(address), "address": address, "headers": _headers(address, runner)}
    try:
        recording = probe_in_worker(runner, address, track)
        if policy.encoding.fields == "deinterlace":
            recording = recording.as_full_frames()
        chosen_sounds(recording, policy.audio)
        job = Job(recording, policy, (), "", Folders(Path(), "inspected"))
        return facts | _recording(recording) | _outcome(job)
    except BodycamError as error:
        return facts | {
            "state": state_of(error),
            "exit_code": error.exit_code,
            "what": error.what,
            "remedy": error.remedy,
        }


def _headers(address: str, runner: Runner) -> dict[str, Any]:
    with suppress(RecordingError):
        return asdict(one(runner, read_headers, ProbeTask(address)))
    return {}


def _recording(recording: Recording) -> dict[str, Any]:
    video, span = recording.video, recording.span
    frames, seconds = len(recording.packets.shown_pts()), (span.end_pts - span.start_pts) * video.time_base
    return {
        "container": recording.container,
        "size_bytes": recording.size_bytes,
        "sha256": recording.sha256,
        "video": f"{spoken_codec(video.codec)} {video.width}x{video.height}",
        "pixel_format": video.pixel_format,
        "frames": frames,
        "duration": format_clock(seconds),
        "frames_per_second": round(float(Fraction(frames) / seconds), 3),
        "fields": {"top": "top field first", "bottom": "bottom field first"}.get(video.field_order, "progressive"),
        "hdr": video.hdr.transfer if video.hdr else None,
    }


def _outcome(job: Job) -> dict[str, Any]:

    streams = [
        {"stream": s.index, "what": s.what, "becomes": s.disposition, "why": s.why} for s in released_streams(job)
    ]
    damage = [gap.what for gap in job.recording.gaps]
    return {
        "state": "needs review" if damage else "can be redacted",
        "exit_code": 3 if damage else 0,
        "streams": streams,
        "notes": list(notes_of(job)),
        "damage": damage,
        "redact": "asks a person to withhold what is missing, and prints the lines for it" if damage else "releases it",
    }


def _lines(facts: dict[str, Any]) -> Iterator[str]:
    yield f"{facts['file']}: {facts['state']}"
    if "frames" in facts:
        size = f"{facts['size_bytes'] / 1e6:.1f} MB"
        yield f"  container: {facts['container']}, {size}, SHA-256 {facts['sha256']}"
        rate = f"{facts['frames_per_second']:g} a second, {facts['fields']}"
        hdr = f", HDR ({facts['hdr'].upper()})" if facts["hdr"] else ""
        frames = f"{counted(facts['frames'], 'frame')} in {facts['duration']}"
        yield f"  video:     {facts['video']}, {frames}, {rate}{hdr}"
    if camera := _camera(facts["headers"]):
        yield f"  camera:    {camera}, as the file says"
    for stream in facts.get("streams", ()):
        yield f"  stream {stream['stream']}:  {stream['what']}: {stream['becomes']} ({stream['why']})"
    if "streams" not in facts:
        yield from (f"  track:     {track}" for track in facts["headers"].get("tracks", ()))
    yield from (f"  note:      {note}" for note in facts.get("notes", ()))
    if "what" in facts:
        yield f"  why:       {facts['what']}"
        yield f"  remedy:    {facts['remedy']}"
    else:
        yield f"  redact:    {facts['redact']}"


def _camera(headers: dict[str, Any]) -> str:
    tags = headers.get("tags", {})
    words = [text for tag, text in sorted(tags.items()) if tag.rsplit(".", 1)[-1] in _MAKERS]
    signed = headers.get("signature")
    return " ".join(words) + (f"; signed ({signed}, not validated)" if signed and words else signed or "")
