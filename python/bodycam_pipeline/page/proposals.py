"""Which tracks the page proposes as one thing: found once for a plan, in memory, and never applied by itself."""

import threading
from collections.abc import Callable, Mapping

import numpy as np

from bodycam_pipeline.page.decisions import Book
from bodycam_pipeline.rules.grouping import propose_groups
from bodycam_pipeline.values.appearance import Group, TrackAppearance
from bodycam_pipeline.values.plan import Plan


class Proposals:
    """Groups of tracks that may be one thing. For any thread."""

    def __init__(self, measure: Callable[[Plan], Mapping[int, TrackAppearance]]) -> None:
        """Say how tracks are measured: `find` does so, and it takes as long as decoding the recording."""
        self._measure = measure
        self._lock = threading.Lock()
        self._of: tuple[str, tuple[Group, ...]] = "", ()

    def find(self, draft: Plan) -> None:
        """Look at the tracks of a plan that nobody edited, unless they were looked at before.

        Raises:
            BodycamError: the recording does not decode any more.
        """
        with self._lock:
            if self._of[0] != draft.sha256:
                self._of = draft.sha256, propose_groups(draft, self._measure(draft))

    def open(self, book: Book) -> list[list[int]]:
        """The proposals that nobody took or decided about, by the numbers of now; a track that was split is in none."""
        found, groups = self._of
        if found != book.draft.sha256:
            return []
        numbers, kinds = _renumbered(book), _kinds(book)
        proposals = []
        for group in groups:
            tracks = sorted({numbers[track] for track in group.tracks if track in numbers} - book.states.keys())
            if len(tracks) > 1 and len({kinds[track] for track in tracks}) == 1:
                proposals.append(tracks)
        return proposals


def _renumbered(book: Book) -> dict[int, int]:
    """The number of now of each detected track that is still in one piece."""
    before = book.draft.regions["track"].to_numpy()
    pairs = np.unique(np.column_stack([before, book.reshaped.rows.tracks]), axis=0)
    tracks, parts = np.unique(pairs[:, 0], return_counts=True)
    whole = set(tracks[parts == 1].tolist())
    return {old: new for old, new in pairs.tolist() if old in whole}


def _kinds(book: Book) -> dict[int, str]:
    """What each track is now."""
    tracks, rows = np.unique(book.reshaped.rows.tracks, return_index=True)
    return dict(zip(tracks.tolist(), map(str, book.reshaped.rows.kinds[rows]), strict=True))
