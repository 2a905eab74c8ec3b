"""The manifest: what was done, by which code, models and policy. Public, so it tells nothing of what is hidden.

No time of day, no machine, no file path, no person and nothing of the recording's own bytes is in it: two recordings
that differ only under the masks have the same manifest.
"""

import json
from itertools import pairwise

import numpy as np

from bodycam_pipeline import _native
from bodycam_pipeline.digests import file_sha256
from bodycam_pipeline.durable import write_atomically
from bodycam_pipeline.release.job import TOOL_VERSION, Job, notes_of, released_streams
from bodycam_pipeline.release.staging import Staged
from bodycam_pipeline.rules.areas import extent, share_of_frame
from bodycam_pipeline.rules.sounds import chosen_sounds, released_sounds
from bodycam_pipeline.rules.verification import difference_limit, residual_limit
from bodycam_pipeline.tasks.versions import RUNTIME
from bodycam_pipeline.values.detection import Kind
from bodycam_pipeline.values.encoded import ENCODER, CopiedFrames
from bodycam_pipeline.values.plan import Plan
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.values.recording import Recording
from bodycam_pipeline.values.timeline import Span, format_clock
from bodycam_pipeline.vision.evidence import worth_of

FORMAT = 2


def write_manifest(job: Job, plan: Plan, staged: Staged, versions: dict[str, str]) -> None:
    """Write ``manifest.json`` into a staged release whose other files are complete.

    Args:
        job: Whose release.
        plan: What is hidden in it.
        staged: The release.
        versions: Of the libraries that did it.

    Raises:
        StorageError: the disk refused.
    """
    text = json.dumps(_manifest(job, plan, staged, versions), indent=2, ensure_ascii=False)
    write_atomically(staged.folder / "manifest.json", f"{text}\n".encode())


def _manifest(job: Job, plan: Plan, staged: Staged, versions: dict[str, str]) -> dict[str, object]:
    return {
        "format": FORMAT,
        "tool": {"name": "bodycam-pipeline", "version": TOOL_VERSION, "kernels": _native.__version__}
        | {name: version for name, version in versions.items() if name != RUNTIME},
        "policy": _policy(job),
        "models": _detectors(job),
        "evidence": _evidence(job),
        "computed": {"provider": job.policy.detection.provider, RUNTIME: versions[RUNTIME]},
        "plan": {"sha256": plan.sha256},
        "coding": _coding(job),
        "second_look": _second_look(job, plan),
        "video": _video(job.recording, staged),
        "hidden": {kind: hidden_part(plan, kind, job.recording) for kind in _kinds(job.policy, plan)},
        "share_hidden": round(extent(plan, job.recording).picture, 6),
        "withheld": [_spoken(w.span, w.reason, job.recording) for w in plan.withheld],
        "muted": [_spoken(m.span, m.reason, job.recording) for m in plan.muted],
        "left_visible": [{"track": k.track, "reason": k.reason} for k in plan.kept],
        "notes": list(notes_of(job)),
        "streams": [{"what": s.what, "disposition": s.disposition, "why": s.why} for s in released_streams(job)],
        **_several_sounds(job),
        "files": {name: file_sha256(staged.folder / name) for name in (job.folders.video_name, "frames.parquet")},
    }


def _several_sounds(job: Job) -> dict[str, object]:
    """How many sound tracks the release has, where it takes several of the recording's."""
    rule = job.policy.audio
    several = len(chosen_sounds(job.recording, rule)) > 1
    return {"sound_tracks": len(released_sounds(job.recording, rule))} if several else {}


def _kinds(policy: Policy, plan: Plan) -> list[Kind]:
    """The kinds that were looked for, and those that a person drew."""
    return sorted({*policy.found_by_detectors, *plan.tracks()})


def _detectors(job: Job) -> list[dict[str, object]]:
    """Who looked for what is hidden: at which scales, at one frame in how many, at fewer in quiet scenes or not."""
    rule = job.policy.detection
    return [
        {"name": m.name, "sha256": m.sha256, "licence": m.licence, "role": m.role}
        | {"long_sides_px": scales, "interval": rule.interval, "thin_out": rule.thin_out}
        for m, scales in job.detectors
    ]


def _evidence(job: Job) -> dict[str, object]:
    """How much evidence was enough to hide something; without a table the models' own thresholds decided."""
    table = worth_of(job.models).evidence.sha256
    rules = sorted(job.policy.hide.items())
    enough = {kind: rule.least_evidence for kind, rule in rules if rule.found_by == "detector"}
    return {"table_sha256": table, "least_log_odds": enough if table else None}


def _coding(job: Job) -> dict[str, object]:
    """How frames were coded, and how far what they decode to may be from what was rendered and painted."""
    rule = job.policy.encoding
    return {
        "encoder": ENCODER,
        "preset": rule.preset,
        "crf": rule.crf,
        "untouched": rule.untouched,
        "verified_within": {"frame_tile": difference_limit(rule.crf), "region_block": residual_limit(rule.crf)},
    }


def _second_look(job: Job, plan: Plan) -> dict[str, object] | None:
    """Who looked at the finished file, and how often; None where nobody did."""
    gate = job.policy.gate
    if not job.auditors:
        return None
    return {
        "auditors": [
            {"name": model.name, "sha256": model.sha256, "licence": model.licence, "long_sides_px": scales}
            for model, scales in job.audits
        ],
        "interval": gate.stride,
        "least_looks": gate.least_looks,
        "smallest_px": gate.smallest_px,
        "dismissed_by_a_person": len(plan.dismissed),
    }


def _policy(job: Job) -> dict[str, object]:
    policy = job.policy
    return {
        "name": policy.name,
        "purpose": policy.purpose,
        "sha256": policy.sha256,
        "style": policy.redaction.style,
        **({"styles": dict(sorted(policy.own_styles.items()))} if policy.own_styles else {}),
        "audio": policy.audio.policy,
        "approvals": policy.review.approvals,
        "submitter_may_approve": policy.review.submitter_may_approve,
        "codes": dict(sorted(policy.drawn_codes.items())),
        "reasons": {kind: rule.reason for kind, rule in sorted(policy.hide.items())},
        "drawn_by_hand_only": list(policy.drawn_by_hand_only),
    }


def _video(recording: Recording, staged: Staged) -> dict[str, object]:
    video, shown = recording.video, recording.packets.shown_pts()
    return {
        "width": video.width,
        "height": video.height,
        "orientation": int(video.orientation),
        "frame_duration_pts": recording.frame_duration_pts,
        "time_base": f"{video.time_base.numerator}/{video.time_base.denominator}",
        "frames": len(shown),
        "frames_hidden_by_edit_list": int(np.count_nonzero(~recording.packets.shown)),
        "first_pts": int(shown[0]),
        "last_pts": int(shown[-1]),
        "pts_shift": staged.clock.shift_pts,
        "frames_copied": len(staged.copied.pts),
        "spans": [
            {"from_pts": span.start_pts, "to_pts": span.end_pts, "how": "copied" if copied else "encoded"}
            for span, copied in spans(recording, staged.copied)
        ],
    }


def spans(recording: Recording, copied: CopiedFrames) -> list[tuple[Span, bool]]:
    """The release from end to end, in the recording's clock, and whether each stretch was stream-copied."""
    shown = recording.packets.shown_pts()
    is_copied = np.isin(shown, copied.pts)
    firsts = np.flatnonzero(np.append(True, np.diff(is_copied)))
    edges = [*shown[firsts].tolist(), recording.span.end_pts]
    return [(Span(*edge), bool(is_copied[first])) for first, edge in zip(firsts, pairwise(edges), strict=True)]


def hidden_part(plan: Plan, kind: str, recording: Recording) -> dict[str, object]:
    """How much of one kind is hidden: tracks, frames, regions, the time in which there is any, and of the picture."""
    rows = plan.of_kind(kind)
    shown = recording.packets.shown_pts()
    lasts = np.diff(shown, append=recording.span.end_pts)
    touched = np.isin(shown, rows["pts"].to_numpy())
    return {
        "tracks": len(rows["track"].unique()),
        "frames": int(np.count_nonzero(touched)),
        "regions": rows.num_rows,
        "time": format_clock(int(lasts[touched].sum()) * recording.video.time_base),
        "share_of_frame": round(share_of_frame(plan, kind, recording), 6),
    }


def _spoken(span: Span, reason: str, recording: Recording) -> dict[str, object]:
    base = recording.video.time_base
    return {
        "from": format_clock(span.start_pts * base),
        "to": format_clock(span.end_pts * base),
        "from_pts": span.start_pts,
        "to_pts": span.end_pts,
        "reason": reason,
    }
