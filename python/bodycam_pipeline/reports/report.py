"""``report.html``: what a records officer reads before signing. One page, no script, no network; it stays inside."""

import base64
from collections.abc import Iterable, Sequence
from itertools import cycle
from math import ceil, floor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bodycam_pipeline.durable import write_atomically
from bodycam_pipeline.locked import VARIABLE, WEAK, is_weak
from bodycam_pipeline.release.job import TOOL_VERSION, Job, notes_of, released_streams
from bodycam_pipeline.release.manifest import hidden_part
from bodycam_pipeline.release.second_look import MOST_PICTURES, SecondLook, folder_of, picture_of
from bodycam_pipeline.release.staging import Staged
from bodycam_pipeline.reports.templates import render_template
from bodycam_pipeline.rules.areas import extent
from bodycam_pipeline.running.one import one
from bodycam_pipeline.running.runner import Runner
from bodycam_pipeline.tasks.container import PicturesTask, picture_boxes
from bodycam_pipeline.values.geometry import Box
from bodycam_pipeline.values.plan import Plan
from bodycam_pipeline.values.recording import Recording
from bodycam_pipeline.values.timeline import format_clock

SHEET_PICTURES = 24
TRACK_ROWS = 500
TRACK_PICTURES = 120
"""Tracks with a picture: each costs a seek in the finished file."""

CHART_BINS = 200
_COLOURS = ("#b3261e", "#1a56b0", "#1b7f3b", "#8a5a00", "#6f2da8", "#00727d", "#a3195b", "#4d4d4d")
"""Colours of the kinds in alphabetical order, again from the first one after the last."""


def write_report(
    job: Job,
    plan: Plan,
    staged: Staged | None = None,
    second: SecondLook | None = None,
    runner: Runner | None = None,
) -> Path:
    """Write the report of a plan, with pictures of the finished file if there is one; returns its path.

    Args:
        job: The work.
        plan: What was to be hidden.
        staged: The finished file, once there is one.
        second: What the second look saw in it.
        runner: Who decodes its pictures; None for a report without those of tracks.

    Raises:
        StorageError: the disk refused.
        BodycamError: the finished file does not decode.
    """
    pictures = _pictures(plan, staged, job.recording, runner) if staged and runner else {}
    page = render_template("reports", "report.html.j2", pictures=pictures, **_facts(job, plan, staged, second))
    path = job.folders.internal / "report.html"
    write_atomically(path, page.encode())
    return path


def _facts(job: Job, plan: Plan, staged: Staged | None, second: SecondLook | None) -> dict[str, Any]:
    recording = job.recording
    base, span = recording.video.time_base, recording.span
    tracks, found = _tracks(plan, recording), plan.tracks()
    return {
        "name": recording.name,
        "state": _state(staged, second),
        "second": second,
        "findings": list(_findings(job, second)) if second else [],
        "auditors": ", ".join(f"{model.name} at {_scales(scales)}" for model, scales in job.audits),
        "stride": job.policy.gate.stride,
        "frames": plan.frames,
        "duration": format_clock((span.end_pts - span.start_pts) * base),
        "hidden": [
            {
                "kind": kind,
                "reason": rule.reason,
                "style": job.policy.hiding.style_of(kind),
                **hidden_part(plan, kind, recording),
            }
            for kind, rule in sorted(job.policy.hide.items())
            if rule.found_by == "detector" or kind in found
        ],
        "by_hand": ", ".join(job.policy.drawn_by_hand_only),
        "extent": extent(plan, recording),
        "chart": _chart(plan, recording),
        "decisions": list(_decisions(plan)),
        "undecodable": len(plan.undecodable_pts),
        "tracks": tracks[:TRACK_ROWS],
        "more_tracks": max(0, len(tracks) - TRACK_ROWS),
        "sheet": list(_sheet(staged, recording)) if staged else [],
        "notes": notes_of(job),
        "streams": released_streams(job),
        "identity": [*_identity(job, plan), *_sizes(job, staged)],
    }


def _state(staged: Staged | None, second: SecondLook | None) -> str:
    if second and second.findings:
        return "Not released: the second look saw things that a person has to decide about"
    return "Verified frame by frame" if staged else "A draft plan: nothing has been rendered"


def _findings(job: Job, second: SecondLook) -> Iterable[dict[str, object]]:
    """The findings with their pictures, and the box and times that an entry in edits.toml takes."""
    base, last = job.recording.video.time_base, job.recording.frame_duration_pts
    for number, finding in enumerate(second.findings[:MOST_PICTURES], start=1):
        picture = folder_of(job) / picture_of(number)
        yield {
            "number": number,
            "kind": finding.kind,
            "score": f"{finding.score:.2f}",
            "looks": finding.looks,
            "start": format_clock(finding.first_pts * base),
            "end": format_clock((finding.last_pts + last) * base),
            "box": [floor(finding.box.left), floor(finding.box.top), ceil(finding.box.right), ceil(finding.box.bottom)],
            "data": base64.b64encode(picture.read_bytes()).decode() if picture.exists() else "",
        }


def _scales(long_sides_px: Sequence[int]) -> str:
    return f"{' and '.join(map(str, long_sides_px))} px"


def _identity(job: Job, plan: Plan) -> list[tuple[str, str]]:
    rule = job.policy.detection
    often = f", one frame in {rule.interval}" if rule.interval > 1 else ""
    often += ", half of these while nothing is to be seen" if rule.thin_out else ""
    models = [(f"model {m.name}{often}", m.sha256) for m in job.models]
    models += [(f"auditor {m.name}", m.sha256) for m in job.auditors]
    return [
        ("recording SHA-256", job.recording.sha256),
        (f"policy {job.policy.name}", job.policy.sha256),
        ("plan", plan.sha256),
        *models,
        ("bodycam-pipeline", TOOL_VERSION),
        *([("decoded", f"without the box ({VARIABLE}={WEAK})")] if is_weak() else []),
    ]


def _sizes(job: Job, staged: Staged | None) -> Iterable[tuple[str, str]]:
    """How large the pictures are; it stays inside, because a recording's size depends on what is hidden in it."""
    recording = job.recording
    seconds = float((recording.span.end_pts - recording.span.start_pts) * recording.video.time_base)
    yield "the recording's pictures", _rate(int(recording.packets.size_bytes.sum()), seconds)
    if staged:
        yield "the release, sound included", _rate(staged.video.stat().st_size, seconds)


def _rate(size_bytes: int, seconds: float) -> str:
    return f"{8 * size_bytes / 1000 / seconds:,.0f} kbit/s"


def _decisions(plan: Plan) -> Iterable[dict[str, str]]:
    for what, spans in (("withhold", plan.withheld), ("mute", plan.muted)):
        for decision in spans:
            start, end = (format_clock(p * plan.time_base) for p in (decision.span.start_pts, decision.span.end_pts))
            yield {"what": what, "start": start, "end": end, "reason": decision.reason, "by": decision.by}
    for drawn in plan.drawn:
        rows = plan.regions.filter(pc.equal(plan.regions["track"], pa.scalar(drawn.track, pa.int32())))
        start, end = (format_clock(int(pts) * plan.time_base) for pts in rows["pts"].to_numpy()[[0, -1]])
        yield {
            "what": f"hide track {drawn.track}",
            "start": start,
            "end": end,
            "reason": rows["reason"][0].as_py(),
            "by": drawn.by,
        }
    for kept in plan.kept:
        yield {"what": f"keep track {kept.track}", "start": "", "end": "", "reason": kept.reason, "by": kept.by}
    for d in plan.dismissed:
        start, end = (format_clock(p * plan.time_base) for p in (d.span.start_pts, d.span.end_pts))
        yield {"what": "dismiss a finding", "start": start, "end": end, "reason": d.reason, "by": d.by}


def _tracks(plan: Plan, recording: Recording) -> list[dict[str, object]]:
    grouped = plan.regions.group_by(["track", "kind"], use_threads=False).aggregate(
        [("pts", "min"), ("pts", "max"), ("pts", "count"), ("score", "max"), ("origin", "distinct")]
    )
    base, last = recording.video.time_base, recording.frame_duration_pts
    return [
        {
            "number": row["track"],
            "kind": row["kind"],
            "start": format_clock(row["pts_min"] * base),
            "end": format_clock((row["pts_max"] + last) * base),
            "frames": row["pts_count"],
            "score": "-" if row["score_max"] is None else f"{row['score_max']:.2f}",
            "origins": ", ".join(sorted(row["origin_distinct"])),
        }
        for row in grouped.sort_by("track").to_pylist()
    ]


def _pictures(plan: Plan, staged: Staged, recording: Recording, runner: Runner) -> dict[int, str]:
    """A picture of each of the first tracks: the release where the track was seen best, so that nothing shows more."""
    scores = np.nan_to_num(plan.regions["score"].to_numpy(), nan=-1.0)
    order = np.lexsort((-scores, plan.regions["track"].to_numpy()))
    numbers, firsts = np.unique(plan.regions["track"].to_numpy()[order], return_index=True)
    best = plan.regions.take(order[firsts][:TRACK_PICTURES]).to_pylist()
    video = recording.video
    boxes = [Box(*(row[side] for side in ("left", "top", "right", "bottom"))) for row in best]
    upright = [video.orientation.to_upright(box, video.width, video.height) for box in boxes]
    wanted = tuple((staged.clock.to_release(row["pts"]), box) for row, box in zip(best, upright, strict=True))
    found = one(runner, picture_boxes, PicturesTask(str(staged.video), wanted, video.orientation)) if wanted else ()
    return {int(numbers[n]): base64.b64encode(picture).decode() for n, picture in found}


def _chart(plan: Plan, recording: Recording) -> dict[str, Any]:
    shown = recording.packets.shown_pts()
    bins = max(1, min(CHART_BINS, len(shown)))
    edges = np.linspace(shown[0], recording.span.end_pts, bins + 1)
    frames = np.maximum(np.histogram(shown, edges)[0], 1)
    kinds = sorted(plan.tracks())
    levels = [np.histogram(plan.of_kind(kind)["pts"].to_numpy(), edges)[0] / frames for kind in kinds]
    most = max([1.0, *(float(level.max()) for level in levels)])
    lines = [
        {
            "kind": kind,
            "colour": colour,
            "points": " ".join(f"{x},{100 - 95 * y / most:.1f}" for x, y in enumerate(level)),
        }
        for kind, level, colour in zip(kinds, levels, cycle(_COLOURS), strict=False)
    ]
    times = [
        format_clock(round(pts) * recording.video.time_base) for pts in np.linspace(edges[0], edges[-1], 5).tolist()
    ]
    about = {"width": max(1, bins - 1), "height": 100, "bins": bins, "most": f"{most:.1f}"}
    return {**about, "lines": lines, "times": times}


def _sheet(staged: Staged, recording: Recording) -> Iterable[dict[str, str]]:
    for pts, jpeg in staged.pictures:
        yield {"at": format_clock(pts * recording.video.time_base), "data": base64.b64encode(jpeg).decode()}


def sheet_times(recording: Recording) -> frozenset[int]:
    """Which frames the report shows, by pts: `SHEET_PICTURES` at most, spread evenly."""
    shown = recording.packets.shown_pts()
    return frozenset(shown[np.linspace(0, len(shown) - 1, SHEET_PICTURES).astype(int)].tolist())
