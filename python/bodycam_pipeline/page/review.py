"""One job, open before a person: its plan as it stands, its pictures, and what can be said of both."""

import json
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from bodycam_pipeline.custody.session import log_read
from bodycam_pipeline.digests import value_sha256
from bodycam_pipeline.drawn import follow_drawn
from bodycam_pipeline.page.decisions import Book, Facts, decide
from bodycam_pipeline.page.pictures import Pictures, View
from bodycam_pipeline.page.proposals import Proposals
from bodycam_pipeline.page.sound import PlayedSound
from bodycam_pipeline.page.tracks import boxes_between, places_of, summarize_tracks, upright_box
from bodycam_pipeline.passes import measure_appearance
from bodycam_pipeline.pipeline import Order, job_of
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.release.work import draft_path, read_draft, read_work
from bodycam_pipeline.review.decisions import DecisionStore, edits_path
from bodycam_pipeline.rules.editing import Followed, apply_edits
from bodycam_pipeline.running.lasting import BoxOpener
from bodycam_pipeline.running.runner import Runner
from bodycam_pipeline.values.edits import Decision, Edits, Hide
from bodycam_pipeline.values.errors import ChangedMeanwhileError, StateError
from bodycam_pipeline.values.geometry import Box
from bodycam_pipeline.values.plan import MutedSpan, Plan, PlanPart, WithheldSpan
from bodycam_pipeline.values.recording import Recording
from bodycam_pipeline.values.timeline import Span, format_clock

SHOWING = ("keep", "only")
"""Acts that leave somebody visible."""

EXPLAINED = 0.5
"""Share of a finding's box that is hidden, or dismissed, from which on it is decided."""


@dataclass(frozen=True)
class Current:
    """What was decided so far, and the plan that follows from it.

    Attributes:
        edits: What ``edits.toml`` says.
        plan: The draft with them applied.
        revision: A word that changes with every decision.
        picture: A word that changes whenever the release would show something else.
        book: What was decided of each track.
    """

    edits: Edits
    plan: Plan
    revision: str
    picture: str
    book: Book


class Review:
    """One job before a person. Every method may be called from any thread."""

    def __init__(
        self,
        folders: Folders,
        boxes: BoxOpener,
        runner: Callable[[], Runner],
        patient: Callable[[], Runner] | None = None,
    ) -> None:
        """Read the job.

        Args:
            folders: Of the job.
            boxes: In which the recording is decoded for the page.
            runner: Gives the runner on which drawn boxes are followed, when it is first needed.
            patient: Gives the runner for what nobody waits for; None for the same.

        Raises:
            PackageError: nothing was detected here.
            PlanError, EditsError: its plan or its edits cannot be read, or no longer fit together.
        """
        self.folders, self._boxes, self._runner = folders, boxes, runner
        self._recording, self.policy = read_work(folders)
        self._lock = threading.RLock()
        self._pictures: Pictures | None = None
        self._shown_worst: dict[int, list[tuple[int, Box]]] = {}
        later = patient or runner
        self._proposals = Proposals(lambda draft: measure_appearance(self.pictures().recording, draft, later()))
        self._ranks: dict[tuple[tuple[int, Box], ...], list[tuple[int, Box]]] = {}
        self.reload()

    @property
    def recording(self) -> Recording:
        """What is reviewed, as it was probed."""
        return self._recording

    def reload(self) -> None:
        """Read the plan and the decisions again.

        Raises:
            PlanError, EditsError: they cannot be read, or no longer fit together.
        """
        with self._lock:
            self._draft, self._store = read_draft(self.folders), DecisionStore(self.folders)
            decided = self._store.state()
            self._can = {"undo": decided.undoes is not None, "redo": decided.redoes is not None}
            self.current = self._applied(decided.edits)
            self._stamp = self._stamps()

    def order(self) -> Order:
        """What is rendered: the recording under its policy, as it was decided so far."""
        return self.order_of(self.current.edits)

    def decide(self, act: str, facts: Facts, by: str) -> None:
        """One act of a person: applied, kept on the disk, and part of the plan when this returns.

        Raises:
            ChangedMeanwhileError: the plan or the decisions are others than those that the person saw.
            EditsError: it cannot be applied; nothing has changed.
            ReleaseExistsError: another process is working on the job.
            StorageError: the disk refused; nothing has changed.
        """
        with self._lock:
            self._refuse_changed(str(facts.get("revision")))
            self._act(act, facts, by)
            self.reload()

    def _act(self, act: str, facts: Facts, by: str) -> None:
        if act in {"undo", "redo"}:
            with self.folders.locked():
                (self._store.undo if act == "undo" else self._store.redo)(by)
        else:
            before, edits = self.current.edits, decide(act, self._with_shown(act, facts), by, self.current.book)
            self._followed(edits)  # what cannot be followed is refused before it is kept
            old, new = before.decisions(), edits.decisions()
            added, removed = [each for each in new if each not in old], [each for each in old if each not in new]
            with self.folders.locked():
                self._store.decide(by, act, plan=self._draft.sha256, add=added, remove=removed)

    def _with_shown(self, act: str, facts: Facts) -> Facts:
        """What a person wants to keep visible has to have been shown at its worst before.

        Raises:
            StateError: it has not been.
        """
        if act not in SHOWING:
            return facts
        tracks = [int(track) for track in facts.get("tracks", ())]
        unseen = [track for track in tracks if track not in self._shown_worst]
        if unseen:
            raise StateError(
                f"the poorest picture of track {unseen[0]} was not shown yet",
                remedy="Look at the pictures of every track first; they are shown before you keep one.",
            )
        places = [place for track in tracks for place in self._shown_worst[track]]
        shown = [(pts, box.left, box.top, box.right, box.bottom) for pts, box in places]
        return {**facts, "shown": shown}

    def _refuse_changed(self, revision: str) -> None:
        if self._stamps() != self._stamp:
            self.reload()
            raise ChangedMeanwhileError(
                "another program changed the job meanwhile",
                remedy="The page shows it as it is now: look, and decide again.",
            )
        if revision != self.current.revision:
            raise ChangedMeanwhileError(
                "somebody decided something meanwhile", remedy="The page shows it as it is now: look, and decide again."
            )

    def _stamps(self) -> tuple[tuple[int, int] | None, ...]:
        """What tells whether a file was written since."""
        paths = (draft_path(self.folders), edits_path(self.folders))
        return tuple((s.st_mtime_ns, s.st_ino) if (s := _stat(path)) else None for path in paths)

    def _applied(self, edits: Edits) -> Current:
        plan = apply_edits(self._draft, edits, self._recording, self.policy, self._followed(edits))
        plan = self._draft if plan == self._draft else plan  # whose digest is known
        book = Book(self._draft, edits, self._recording, self.policy)
        return Current(edits, plan, value_sha256([self._draft.sha256, repr(edits)])[:16], plan.sha256[:16], book)

    def _followed(self, edits: Edits) -> Followed:
        """Where drawn boxes lead; only what is new is followed."""
        if not any(hide.follow for hide in edits.hide):
            return {}
        job = job_of(self.order_of(edits), self.pictures().recording, "")
        return follow_drawn(job, edits, self._runner())

    def order_of(self, edits: Edits) -> Order:
        """The order of some decisions."""
        return Order(self._recording.address, self.folders.out, self.policy, edits, name=self.folders.name)

    def pictures(self) -> Pictures:
        """Open the recording for reading; a sealed one stands in the custody log first, once for this session.

        Raises:
            VaultError: the vault or its keys are missing.
        """
        with self._lock:
            if self._pictures is None:
                recording = replace(self._recording, address=log_read(self._recording.address, "review"))
                self._pictures = Pictures(recording, self._boxes)
            return self._pictures

    def close(self) -> None:
        """End the boxes that decode it."""
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
        return pictures.piece(number, current.picture if released else "", plan)

    def track_picture(self, track: int, which: str) -> bytes:
        """A small picture of a track: the sharpest of a few of its frames, or the poorest of each part that it joins.

        Raises:
            KeyError: there is no such track.
        """
        parts = self.current.book.places(track) or [places_of(self.current.plan, track, self._recording.video)]
        if not parts[0]:
            raise KeyError(track)
        pictures = self.pictures()
        ranks = [self._ranked(pictures, tuple(places)) for places in parts]
        if which == "best":
            return pictures.crops([ranks[0][0]])
        worst = [ranked[-1] for ranked in ranks]
        self._shown_worst[track] = worst
        return pictures.crops(worst)

    def _ranked(self, pictures: Pictures, places: tuple[tuple[int, Box], ...]) -> list[tuple[int, Box]]:
        """Places in order of how sharp the picture is there."""
        if places not in self._ranks:
            self._ranks[places] = [places[n] for n in pictures.ranked(places)]
        return self._ranks[places]

    def propose(self) -> list[list[int]]:
        """Look for tracks that may be one thing, which takes a while the first time; the proposals that are open.

        Raises:
            BodycamError: the recording does not decode any more.
        """
        self._proposals.find(self._draft)
        return self._proposals.open(self.current.book)

    def finding_picture(self, number: int) -> bytes:
        """A small picture of what the second look saw, as it was recorded.

        Raises:
            KeyError: there is no such finding.
        """
        found = next((f for f in self._findings() if f["number"] == number), None)
        if found is None:
            raise KeyError(number)
        return self.pictures().crops([(found["pts"], Box(*found["box"]))])

    def _played_sound(self) -> PlayedSound:
        return PlayedSound(self.pictures().recording, self.policy.audio)

    def sound_initialisation(self) -> bytes:
        """The segment that the pieces of sound are appended behind.

        Raises:
            IndexError: nothing can be heard.
            BodycamError: it cannot be decoded.
        """
        sounds = self._played_sound().recorded
        if not sounds:
            raise IndexError
        return self.pictures().start_of_sound(sounds)

    def sound_piece(self, view: View, number: int) -> bytes:
        """One piece of the sound that is played: as it was recorded, or silent where the release is.

        Raises:
            IndexError: there is no such piece, or the release has no sound.
            BodycamError: it cannot be decoded.
        """
        sound, plan = self._played_sound(), self.current.plan
        if view == "released" and not sound.is_released:
            raise IndexError(number)
        spans = (*(muted.span for muted in plan.muted), *(withheld.span for withheld in plan.withheld))
        silent = spans if view == "released" else ()
        return self.pictures().piece_of_sound(sound.recorded, sound.units(number), silent)

    def sound(self) -> bytes:
        """The waveform of the recording's sound."""
        return self.pictures().waveform()

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
            "picture": current.picture,
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
            "sound_released": self.policy.audio.policy == "keep",
            "undecodable": list(current.plan.undecodable_pts),
            "tracks": self._tracks(),
            "spans": self._spans(),
            "findings": self._findings(),
            "proposals": self._proposals.open(current.book),
            **self._can,
        }

    def playing(self) -> dict[str, Any]:
        """What a player of the copy has to know."""
        pictures = self.pictures()
        firsts = [int(pictures.shown[n]) for n in pictures.piece_firsts]
        sound = self._played_sound()
        return {"codec": pictures.codec(), "pieces": firsts, "sound": sound.facts()}

    def boxes(self, first_pts: int, end_pts: int) -> dict[str, Any]:
        """Where everything is in some time: what is hidden, and what a person keeps visible."""
        current, video = self.current, self._recording.video
        hidden = boxes_between(current.plan.regions, first_pts, end_pts, video)
        kept = boxes_between(self._kept_regions(), first_pts, end_pts, video)
        return {"revision": current.revision, "hidden": hidden, "kept": kept}

    def _part(self, first_pts: int, last_pts: int) -> PlanPart:
        return self.current.plan.part(Span(first_pts, last_pts + 1), self.policy.hiding)

    def _kept_regions(self) -> pa.Table:
        """What a person leaves visible, as rows of `REGION_SCHEMA` with the numbers of now."""
        reshaped, regions = self.current.book.reshaped, self._draft.regions
        for name, column in (("track", reshaped.rows.tracks), ("kind", reshaped.rows.kinds.tolist())):
            field = regions.schema.field(name)
            regions = regions.set_column(regions.schema.get_field_index(name), field, pa.array(column, field.type))
        return regions.filter(pa.array(reshaped.visible))

    def _tracks(self) -> list[dict[str, Any]]:
        frame, seconds = self._recording.frame_duration_pts, float(self._recording.video.time_base)
        states = self.current.book.states
        drawn = {each.track: each.by for each in self.current.plan.drawn}
        both = pa.concat_tables([self.current.plan.regions, self._kept_regions()])
        rows = []
        for track in summarize_tracks(both, frame):
            state, decision = states.get(track.number, ("drawn" if track.number in drawn else "undecided", None))
            hide = self._hide(track.number)
            rows.append(
                {
                    "number": track.number,
                    "kind": track.kind,
                    "reason": decision.reason if decision and decision.reason else track.reason,
                    "by": decision.by if decision else drawn.get(track.number, ""),
                    "comment": "".join(each.comment for each in (decision, hide) if each),
                    "first": track.first_pts,
                    "last": track.last_pts,
                    "frames": track.frames,
                    "score": track.score,
                    "stretches": track.stretches,
                    "doubts": track.doubts(seconds),
                    "state": state,
                    "keyframes": self._keyframes(hide),
                }
            )
        return rows

    def _hide(self, track: int) -> Hide | None:
        """The decision by which a person drew a track; None where nobody did."""
        hides, place = self.current.edits.hide, track - self.current.book.first_drawn
        return hides[place] if 0 <= place < len(hides) else None

    def _keyframes(self, hide: Hide | None) -> list[int]:
        """The pts at which a person drew a box."""
        base = self._recording.video.time_base
        return [k.at if isinstance(k.at, int) else int(k.at / base) for k in hide.keyframes] if hide else []

    def _spans(self) -> list[dict[str, Any]]:
        plan, edits = self.current.plan, self.current.edits
        tables: list[tuple[str, Sequence[WithheldSpan | MutedSpan], Sequence[Decision]]]
        tables = [("withhold", plan.withheld, edits.withhold), ("mute", plan.muted, edits.mute)]
        return [
            {
                "what": what,
                "place": place,
                "first": each.span.start_pts,
                "end": each.span.end_pts,
                "reason": each.reason,
                "by": each.by,
                "comment": edits[place].comment,
            }
            for what, spans, edits in tables
            for place, each in enumerate(spans)
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
                "state": "decided" if self._decided(finding["pts"], Box(**finding["box"])) else "undecided",
            }
            for finding in json.loads(path.read_text())
        ]

    def _decided(self, pts: int, box: Box) -> bool:
        """Whether a place that the second look pointed at is hidden, withheld or dismissed by now."""
        plan, video = self.current.plan, self._recording.video
        if plan.is_withheld(pts):
            return True
        first, end = np.searchsorted(plan.regions["pts"].to_numpy(), [pts, pts + 1])
        columns = boxes_between(plan.regions.slice(first, end - first), pts, pts + 1, video)["box"]
        hidden = [Box(*sides) for sides in columns]  # type: ignore[misc]
        dismissed = [upright_box(each.region, video) for each in plan.dismissed if pts in each.span]
        return any(box.intersection(other) >= EXPLAINED * box.area for other in (*hidden, *dismissed))


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None
