"""Recordings whose truth is complete: what is hidden of them, by plans of ours or by others, and how that scores."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from bodycam_pipeline.measuring.hidden_boxes import Hidden, hidden_by
from bodycam_pipeline.measuring.peers import hidden_in
from bodycam_pipeline.measuring.truth import TRUTH, read_truth
from bodycam_pipeline.pipeline import Order, detect
from bodycam_pipeline.running.runner import Runner
from bodycam_pipeline.values.errors import DatasetError
from bodycam_pipeline.values.plan import Plan
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.values.truth import Truth

Hider = Callable[[str, Truth], Hidden]
"""Says what is hidden of a clip, given its name and what is to be seen in it."""


def clips_in(folder: Path, wanted: Sequence[str] = ()) -> dict[str, Truth]:
    """The recordings of a folder that its `TRUTH` labels, by file name.

    Args:
        folder: Has the recordings and their truth.
        wanted: The names of some of them, with or without extension; empty for all.

    Raises:
        DatasetError: the truth cannot be read, or does not label what is wanted.
    """
    labelled = read_truth(folder / TRUTH)
    chosen = {clip: truth for clip, truth in labelled.items() if not wanted or {clip, Path(clip).stem} & set(wanted)}
    known = set(chosen) | {Path(clip).stem for clip in chosen}
    if unknown := [name for name in wanted if name not in known]:
        raise DatasetError(
            f"{folder / TRUTH} does not label {', '.join(unknown)}", remedy=f"Say one of {', '.join(labelled)}."
        )
    return chosen


def by_plans(clips: Path, policy: Policy, runner: Runner) -> Hider:
    """Hide a folder's recordings as the product would, by a policy."""

    def hide(clip: str, truth: Truth) -> Hidden:
        with tempfile.TemporaryDirectory() as folder:
            return hidden_by(plan_of(clips / clip, policy, runner, Path(folder)), truth)

    return hide


def by_boxes(folder: Path) -> Hider:
    """What a folder says was hidden before."""
    return lambda clip, truth: hidden_in(folder, clip, truth)


def plan_of(path: Path, policy: Policy, runner: Runner, folder: Path) -> Plan:
    """Look at every frame and plan, as `bodycam detect` does.

    Raises:
        DatasetError: there is no such recording.
        BodycamError: refused.
    """
    if not path.is_file():
        raise DatasetError(f"there is no {path}", remedy="Fetch the data set again, or name clips with --clip.")
    _, plan = detect(Order(str(path), folder, policy), runner)
    return plan
