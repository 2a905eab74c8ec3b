"""A job's decisions: every act is on the disk before it is acknowledged, and ``edits.toml`` is never torn.

``edits.toml`` is what counts. The log beside it says how it came about, so that acts can be undone after a restart, and
tells a hand that edits the file from a machine that stopped.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bodycam_pipeline.durable import locked, write_atomically
from bodycam_pipeline.evidence.edits_file import edits_text, parse_edits
from bodycam_pipeline.evidence.edits_log import NAME, EditsLog, append_event, append_settled, read_log
from bodycam_pipeline.foreign import read_text
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.release.work import WORK, draft_path, read_draft, read_work
from bodycam_pipeline.review.history import history_of, record
from bodycam_pipeline.rules.anchoring import PlanRows, is_shown
from bodycam_pipeline.rules.edit_events import Change, apply_change, change_of, difference, merge, replay, stacks
from bodycam_pipeline.rules.editing import apply_edits
from bodycam_pipeline.rules.reshaping import needs_showing
from bodycam_pipeline.values.edit_event import BY_HAND, REDO, UNDO, EditEvent
from bodycam_pipeline.values.edits import Decision, Edits, Keep
from bodycam_pipeline.values.errors import EditsError, PlanChangedError, StateError
from bodycam_pipeline.values.names import why_no_name
from bodycam_pipeline.values.plan import Plan
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.values.recording import Recording, VideoFacts

EDITS = "edits.toml"
AN_EDITOR = "somebody with an editor"
"""By whom an act is that a hand made in the file."""


@dataclass(frozen=True)
class DecisionState:
    """A job's decisions at one time.

    Attributes:
        edits: Them.
        number: How many acts led to them.
        undoes, redoes: The act that an undo would take back, and the one that a redo would do again; None for none.
    """

    edits: Edits
    number: int
    undoes: EditEvent | None
    redoes: EditEvent | None


def edits_path(job: Folders) -> Path:
    """Where a job's decisions lie."""
    return job.internal / EDITS


def own_edits(job: Folders) -> Edits | None:
    """What was decided in a job's own ``edits.toml``; None where nothing was.

    Raises:
        EditsError: the file, or the log beside it, cannot be read.
        StorageError: the disk refused.
    """
    if (job.internal / NAME).exists():
        return DecisionStore(job).state().edits
    path = edits_path(job)
    return parse_edits(_text(path), path) if path.exists() else None


class DecisionStore:
    """The decisions of one job. Several processes may have it open; each act is made under a lock."""

    def __init__(self, job: Folders) -> None:
        """Open the decisions of a job that was detected."""
        self._job = job
        self._log_path, self._path = job.internal / NAME, edits_path(job)
        self._kept: dict[Path, tuple[object, Any]] = {}

    def state(self) -> DecisionState:
        """The decisions of now. What a hand changed in the file is in, as an act of its own.

        Raises:
            EditsError: the file, or the log, cannot be read.
            StorageError: the disk refused.
        """
        with self._held() as log:
            return _state(log)

    def decide(
        self,
        by: str,
        act: str,
        *,
        plan: str,
        add: Sequence[Decision] = (),
        remove: Sequence[Decision] = (),
        unseen: bool = False,
    ) -> EditEvent:
        """Put decisions in, take others out, or both, as one act; it is on the disk when this returns.

        Args:
            by: Who decides.
            act: What, in a word: for undo, and for the history.
            plan: The public digest of the plan that the person saw (`Plan.sha256` of the draft).
            add: Decisions that are new; one that is corrected is added, and what it was before is removed.
            remove: Decisions that are taken out.
            unseen: Several tracks are kept visible though no frame of them was shown: the history says so.

        Raises:
            PlanChangedError: the plan is no longer the one that the person saw.
            EditsError: a decision cannot be applied to the plan, is not there, or needs frames to be shown before.
            StateError: nobody is named.
            HistoryError: the job's history was changed.
            StorageError: the disk refused.
        """
        self._check_name(by)
        with self._held() as log:
            draft = self._check_plan(plan)
            before = replay(log.events)
            change = change_of(before, add, remove)
            after = apply_change(before, change)
            if not unseen:
                self._refuse_unseen(draft, add)
            self._check(draft, after, add)
            reason = "; ".join(dict.fromkeys(each.reason for each in add if each.reason))
            return self._write(log, by, act, change, why=reason, plan=plan)

    def undo(self, by: str) -> EditEvent:
        """Take back the last act that stands.

        Raises:
            EditsError: there is none.
            StateError, HistoryError, StorageError: as `decide`.
        """
        return self._turn(by, UNDO)

    def redo(self, by: str) -> EditEvent:
        """Do again what was taken back last, unless something else was decided since.

        Raises:
            EditsError: there is nothing.
            StateError, HistoryError, StorageError: as `decide`.
        """
        return self._turn(by, REDO)

    def _turn(self, by: str, act: str) -> EditEvent:
        """Swap what an earlier act added and removed, once."""
        self._check_name(by)
        with self._held() as log:
            undoable, redoable = stacks(log.events)
            last = _next(undoable if act == UNDO else redoable, act)
            swapped = (last.adds, last.removes) if act == UNDO else (last.removes, last.adds)
            return self._write(log, by, act, swapped, why=f"{last.act} of {last.by}", of=last.number)

    def _write(self, log: EditsLog, by: str, act: str, change: Change, **about: Any) -> EditEvent:
        removes, adds = change
        number, before = len(log.events) + 1, _sha256(self._text())
        event = EditEvent(
            number=number, at=_now(), by=by.strip(), act=act, removes=removes, adds=adds, before=before, **about
        )
        append_event(self._log_path, event)
        self._settle((*log.events, event))
        return event

    def _settle(self, events: tuple[EditEvent, ...], text: str | None = None, *, again: bool = False) -> EditsLog:
        """Make ``edits.toml`` and the history say what the log says; a file that a hand left stays as it is."""
        if text is None:
            text = edits_text(replay(events))
            write_atomically(self._path, text.encode(), private=True)
        self._note(events[-1], again=again)
        append_settled(self._log_path, len(events), _sha256(text))
        log = EditsLog(events, len(events), _sha256(text))
        self._kept[self._log_path] = (_mark(self._log_path), log)
        return log

    def _note(self, event: EditEvent, *, again: bool) -> None:
        """Put an act into the job's history, once: where a machine stopped it may be there already."""
        recorded = (entry.facts.get("act_number") for entry in (history_of(self._job) if again else ()))
        if str(event.number) not in recorded:
            what = ", ".join(
                [*(f"-{each.table}" for each in event.removes), *(f"+{each.table}" for each in event.adds)]
            )
            facts: dict[str, Any] = {"act": event.act, "act_number": str(event.number), "changed": what}
            record(self._job, "decided", event.by, event.why, **facts, **_seen(event))

    @contextmanager
    def _held(self) -> Iterator[EditsLog]:
        """Hold the decisions, finished and with what a hand changed."""
        with locked(self._job.internal / ".edits.lock"):
            yield self._brought_up(self._once(self._log_path, lambda _: read_log(self._log_path)))

    def _brought_up(self, log: EditsLog) -> EditsLog:
        text = self._text()
        if log.settled < len(log.events):
            log, text = self._finish(log, text)
        if _sha256(text) == log.text_sha256 or (not log.events and not text):
            return log
        if log.events and not self._path.exists():
            return self._settle(log.events, again=True)  # a file that is gone decides nothing
        return self._by_hand(log, parse_edits(text, self._path), text)

    def _finish(self, log: EditsLog, text: str) -> tuple[EditsLog, str]:
        """Finish what a machine that stopped had begun; a hand may have edited the file meanwhile."""
        events, last = log.events, log.events[-1]
        before, after = replay(events[:-1]), replay(events)
        if _sha256(text) in {last.before, _sha256(edits_text(after))} or last.text == text != "":
            log = self._settle(events, text if last.text == text != "" else None, again=True)
            return log, self._text()
        both = merge(before, after, parse_edits(text, self._path))
        return self._by_hand(EditsLog(events, len(events), ""), both, text, keep=False), self._text()

    def _by_hand(self, log: EditsLog, edits: Edits, text: str, *, keep: bool = True) -> EditsLog:
        """Take in what a hand changed, with the file as it left it."""
        removes, adds = difference(replay(log.events), edits)
        number = len(log.events) + 1
        event = EditEvent(number=number, at=_now(), by=AN_EDITOR, act=BY_HAND, removes=removes, adds=adds, text=text)
        append_event(self._log_path, event)
        return self._settle((*log.events, event), text if keep else None)

    def _text(self) -> str:
        return _text(self._path) if self._path.exists() else ""

    def _plan(self) -> Plan:
        """The plan as it was detected."""
        plan: Plan = self._once(draft_path(self._job), read_draft)
        return plan

    def _work(self) -> tuple[Recording, Policy]:
        work: tuple[Recording, Policy] = self._once(self._job.internal / WORK, read_work)
        return work

    def _once(self, path: Path, read: Callable[[Folders], Any]) -> Any:
        """What is read from a file, read again where the file is another one."""
        mark = _mark(path)
        kept = self._kept.get(path)
        if mark is None or kept is None or kept[0] != mark:
            kept = self._kept[path] = (mark, read(self._job))
        return kept[1]

    def _check_plan(self, sha256: str) -> Plan:
        draft = self._plan()
        if draft.sha256 != sha256:
            raise PlanChangedError(
                "the plan changed since you looked at it: the recording was detected anew, or under another policy",
                remedy="Open the job again and decide on the plan of now; everything decided before is kept.",
            )
        return draft

    def _check(self, draft: Plan, after: Edits, add: Sequence[Decision]) -> None:
        """Refuse what cannot be applied; to take something out is always allowed."""
        recording, policy = self._work()
        try:
            apply_edits(draft, after, recording, policy)
        except EditsError:
            if add:
                raise

    def _refuse_unseen(self, draft: Plan, add: Sequence[Decision]) -> None:
        recording, _ = self._work()
        for decision in add:
            if isinstance(decision, Keep):
                _refuse_unseen(decision, draft, recording.video)

    def _check_name(self, by: str) -> None:
        if odd := why_no_name(by):
            raise StateError(f"somebody has to be named: {odd}", remedy="Say who, as the name is written: --by NAME.")


def _refuse_unseen(keep: Keep, draft: Plan, video: VideoFacts) -> None:
    """Refuse to keep several tracks of which the person was not shown a frame each."""
    if not needs_showing(keep):
        return
    rows = PlanRows.of(draft)
    unseen = [anchor for anchor in keep.anchors if not is_shown(anchor, keep.shown, rows, video)]
    if unseen:
        raise EditsError(
            f"{len(unseen)} of the {len(keep.anchors)} tracks were not shown before they are kept visible, "
            f"the first at pts {unseen[0].pts}",
            remedy="Look at the worst frame of each track first, or keep one track at a time.",
        )


def _seen(event: EditEvent) -> dict[str, Any]:
    """What the person was shown before they left somebody visible: said of every act that does."""
    keeps = [added.entry for added in event.adds if added.table == "keep"]
    if not keeps:
        return {}
    frames = sum(len(keep.get("shown", ())) for keep in keeps)
    return {"shown": f"{frames} frames" if frames else "nothing"}


def _next(acts: Sequence[EditEvent], verb: str) -> EditEvent:
    if not acts:
        raise EditsError(f"there is nothing to {verb}", remedy="`bodycam review decisions JOB` lists what was decided.")
    return acts[-1]


def _state(log: EditsLog) -> DecisionState:
    undoable, redoable = stacks(log.events)
    last = [acts[-1] if acts else None for acts in (undoable, redoable)]
    return DecisionState(replay(log.events), len(log.events), last[0], last[1])


def _text(path: Path) -> str:
    try:
        return read_text(path)
    except UnicodeDecodeError as error:
        raise EditsError(f"{path} is not UTF-8 text", remedy="Save it as UTF-8; nothing was changed.") from error


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _mark(path: Path) -> tuple[int, int, int] | None:
    """What a file has that changes with it; None where it is not there."""
    try:
        seen = path.stat()
    except OSError:
        return None
    return seen.st_ino, seen.st_size, seen.st_mtime_ns


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
