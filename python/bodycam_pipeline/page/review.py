"""One job, open before a person: its plan as it stands, its pictures, and what can be said of both."""

import json
import threading
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from bodycam_pipeline.custody.session import log_read
from bodycam_pipeline.evidence.digests import value_sha256
from bodycam_pipeline.evidence.edits_file import read_edits
from bodycam_pipeline.evidence.plan_file import plan_sha256
from bodycam_pipeline.page.pictures import Pictures, View
from bodycam_pipeline.page.tracks import boxes_between, places_of, summarize_tracks
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.release.work import read_draft, read_work
from bodycam_pipeline.rules.editing import apply_edits
from bodycam_pipeline.values.edits import Edits
from bodycam_pipeline.values.plan import Plan, PlanPart
from bodycam_pipeline.values.recording import Recording
from bodycam_pipeline.values.timeline import Span, format_clock

EDITS = "edits.toml"


@dataclass(frozen=True)
class Current:
    """What was decided so far, and the plan that follows from it.

    Attributes:
        edits: What ``edits.toml`` says.
        plan: The draft with them applied.
        revision: A word that changes whenever the plan does.
    """

    edits: Edits
    plan: Plan
    revision: str


class Review:
    """One job before a person. Every method may be called from any thread."""

    def __init__(self, folders: Folders) -> None:
        """Read the job.

        Raises:
            PackageError: nothing was detected here.
            PlanError, EditsError: its plan or its edits cannot be read.
        """
        self.folders = folders
        recording, self.policy = read_work(folders)
        self._recording = recording
        self._lock = threading.RLock()
        self._pictures: Pictures | None = None
        self._seen_worst: set[int] = set()
        self._draft = read_draft(folders)
        self.current = self._applied()

    @property
    def edits_path(self) -> Path:
        """The one file of a person's decisions."""
        return self.folders.internal / EDITS

    @property
    def recording(self) -> Recording:
        """What is reviewed, as it was probed."""
        return self._recording

    def pictures(self) -> Pictures:
        """Open the recording for reading; a sealed one stands in the custody log first, once for this session.

        Raises:
            VaultError: the vault or its keys are missing.
        """
        with self._lock:
            if self._pictures is None:
                recording = replace(self._recording, address=log_read(self._recording.address, "review"))
                self._pictures = Pictures(recording, self.policy.redaction)
            return self._pictures

    def close(self) -> None:
        """Drop everything that was decoded."""
        with self._lock:
            if self._pictures is not None:
                self._pictures.close()

    def still(self, view: View, pts: int, kind: str) -> bytes:
        """One exact frame, as the release shows it or as it was recorded.

        Raises:
            KeyError: the recording shows no frame at this pts.
            BodycamError: it could not be decoded, and nobody withheld it.
        """
        plan = self._part(pts, pts) if view == "released" else None
        return self.pictures().still(pts, plan, "png" if kind == "png" else "jpeg")

    def piece(self, view: View, number: int) -> bytes:
        """One piece of the playing copy.

        Raises:
            IndexError: there is no such piece.
        """
        pictures, current = self.pictures(), self.current
        firsts = pictures.piece_firsts
        last = firsts[number + 1] - 1 if number + 1 < len(firsts) else len(pictures.shown) - 1
        span = int(pictures.shown[firsts[number]]), int(pictures.shown[last])
        released = view == "released"
        plan = self._part(*span) if released else None
        return pictures.piece(number, current.revision if released else "", plan)

    def track_picture(self, track: int, which: str) -> bytes:
        """A small picture of a track: the sharpest of a few of its frames, or the poorest.

        Raises:
            KeyError: there is no such track.
        """
        places = places_of(self.current.plan, track, self._recording.video)
        if not places:
            raise KeyError(track)
        pictures = self.pictures()
        ranked = pictures.ranked(places)
        if which == "worst":
            self._seen_worst.add(track)
        return pictures.crop(*places[ranked[0 if which == "best" else -1]])

    def facts(self) -> dict[str, Any]:
        """Everything that the page shows of the job, but pictures and boxes."""
        current, recording = self.current, self._recording
        video, span = recording.video, recording.span
        width, height = video.upright_size
        ratio = video.sample_aspect_ratio or Fraction(1)
        return {
            "name": self.folders.name,
            "recording": recording.name,
            "revision": current.revision,
            "frames": current.plan.frames,
            "time_base": [video.time_base.numerator, video.time_base.denominator],
            "first_pts": span.start_pts,
            "end_pts": span.end_pts,
            "size": [width, height],
            "aspect": float(width * (1 / ratio if video.orientation.swaps_sides else ratio) / height),
            "kinds": [
                {"kind": kind, "reason": rule.reason, "code": rule.code} for kind, rule in self.policy.hide.items()
            ],
            "reasons": list(dict.fromkeys(rule.reason for rule in self.policy.hide.values())),
            "policy": self.policy.name,
            "sound": recording.audio is not None,
            "undecodable": list(current.plan.undecodable_pts),
            "tracks": self._tracks(),
            "spans": self._spans(),
            "findings": self._findings(),
        }

    def playing(self) -> dict[str, Any]:
        """What a player of the copy has to know."""
        pictures = self.pictures()
        firsts = [int(pictures.shown[n]) for n in pictures.piece_firsts]
        return {"codec": pictures.proxy.codec(), "pieces": firsts}

    def boxes(self, first_pts: int, end_pts: int) -> dict[str, Any]:
        """Where everything is in some time: what is hidden, and what a person keeps visible."""
        current, video = self.current, self._recording.video
        hidden = boxes_between(current.plan.regions, first_pts, end_pts, video)
        kept = boxes_between(self._kept_regions, first_pts, end_pts, video)
        return {"revision": current.revision, "hidden": hidden, "kept": kept}

    def _part(self, first_pts: int, last_pts: int) -> PlanPart:
        return self.current.plan.part(Span(first_pts, last_pts + 1), self.policy.drawn_codes)

    @cached_property
    def _kept_regions(self) -> pa.Table:
        return kept_regions(self.current.plan, self._draft)

    def _tracks(self) -> list[dict[str, Any]]:
        frame, seconds = self._recording.frame_duration_pts, float(self._recording.video.time_base)
        kept = {k.track: k for k in self.current.plan.kept}
        drawn = {d.track: d for d in self.current.plan.drawn}
        both = pa.concat_tables([self.current.plan.regions, self._kept_regions])
        rows = []
        for track in summarize_tracks(both, frame):
            decision = kept.get(track.number)
            state = "kept" if decision else "drawn" if track.number in drawn else "undecided"
            rows.append(
                {
                    "number": track.number,
                    "kind": track.kind,
                    "reason": decision.reason if decision else track.reason,
                    "by": decision.by if decision else "",
                    "first": track.first_pts,
                    "last": track.last_pts,
                    "frames": track.frames,
                    "score": track.score,
                    "stretches": track.stretches,
                    "doubts": track.doubts(seconds),
                    "state": state,
                }
            )
        return rows

    def _spans(self) -> list[dict[str, Any]]:
        plan = self.current.plan
        spans = [("withhold", each) for each in plan.withheld] + [("mute", each) for each in plan.muted]
        return [
            {"what": what, "first": s.span.start_pts, "end": s.span.end_pts, "reason": s.reason, "by": s.by}
            for what, s in spans
        ]

    def _findings(self) -> list[dict[str, Any]]:
        """What the second look saw and nothing explains; those that a person dismissed or hid since are decided."""
        path = self.folders.internal / "second-look" / "findings.json"
        if not path.exists():
            return []
        base = self._recording.video.time_base
        return [
            {
                "number": finding["number"],
                "kind": finding["kind"],
                "pts": finding["pts"],
                "first": finding["first_pts"],
                "last": finding["last_pts"],
                "score": finding["score"],
                "box": [finding["box"][side] for side in ("left", "top", "right", "bottom")],
                "at": format_clock(finding["pts"] * base),
            }
            for finding in json.loads(path.read_text())
        ]

    def _applied(self) -> Current:
        edits = read_edits(self.edits_path) if self.edits_path.exists() else Edits()
        plan = apply_edits(self._draft, edits, self._recording, self.policy)
        return Current(edits, plan, value_sha256([plan_sha256(plan), repr(edits)])[:16])


def kept_regions(plan: Plan, draft: Plan) -> pa.Table:
    """The regions of tracks that a person keeps visible, as rows of `REGION_SCHEMA`."""
    tracks = [k.track for k in plan.kept]
    return draft.regions.filter(pc.is_in(draft.regions["track"], value_set=pa.array(tracks, pa.int32())))
