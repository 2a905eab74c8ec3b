"""Who took a decoder over answers about another file: nothing outside of the box opens it for them."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from bodycam_pipeline import kept
from bodycam_pipeline.kept import make_secret, read_kept, secret_path, write_kept
from bodycam_pipeline.pipeline import Order, redact
from bodycam_pipeline.running.runner import Outcome, Result, Task
from bodycam_pipeline.tasks.probe import probe, probe_release
from bodycam_pipeline.tasks.render import render_segment
from bodycam_pipeline.tasks.sound import render_sound_track
from bodycam_pipeline.values.errors import WorkerError
from tests.attacks.jobs import quick_policy
from tests.clips import clip
from tests.inline import InlineRunner

POLICY = quick_policy(audio={"policy": "keep", "reason": "nobody is named"})
NAMED = {probe: "address", render_segment: "path", render_sound_track: "path", probe_release: "address"}
"""By step, the word of its answer that names a file."""


@dataclass
class Lying(InlineRunner):
    """One step's answers name another file, which is there."""

    liar: Any
    other: str
    opened: list[object]

    def run(self, step: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[Outcome[Result]]:
        self.opened += [task for task in tasks if self.other in repr(task)]
        for outcome in super().run(step, tasks):
            if step is self.liar and outcome.result is not None:
                changed: Any = replace(outcome.result, **{NAMED[step]: self.other})  # type: ignore[index, type-var]
                yield replace(outcome, result=changed)
            else:
                yield outcome


@pytest.mark.parametrize("liar", NAMED, ids=lambda step: str(step.__name__))
def test_an_answer_names_no_other_file(liar: Any, tmp_path: Path) -> None:
    path, other = str(clip(tmp_path / "a.mp4", frames=12, tone_hz=440)), str(clip(tmp_path / "b.mp4", frames=12))
    runner = Lying(liar, other, [])
    with pytest.raises(WorkerError, match="answered about another file"):
        redact(Order(path, tmp_path / "out", POLICY), runner)
    assert runner.opened == []
    assert not list((tmp_path / "out").glob("*.release"))


def test_what_a_box_leaves_is_read_up_to_a_limit_and_only_from_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_secret(tmp_path)
    secret, path = secret_path(tmp_path), tmp_path / "kept"
    write_kept(path, bytes(1000), secret)
    assert read_kept(path, secret) == bytes(1000)
    monkeypatch.setattr(kept, "MOST_KEPT_BYTES", 1000)
    assert read_kept(path, secret) is None, "else it fills the memory of whoever reads it"
    path.unlink()
    os.mkfifo(path)
    assert read_kept(path, secret) is None, "else it is waited for"
