"""From inside the box: whoever takes a decoder over gets nowhere, and the next recording is worked off."""

import ctypes
import importlib
import os
import pickle
import platform
import re
import resource
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest

from bodycam_pipeline import locked
from bodycam_pipeline import tasks as step_tasks
from bodycam_pipeline.cli import doctor
from bodycam_pipeline.pipeline import Order, redact
from bodycam_pipeline.running import box, wire
from bodycam_pipeline.running.lasting import LastingBoxes
from bodycam_pipeline.running.local import LocalRunner
from bodycam_pipeline.running.ray import RayRunner
from bodycam_pipeline.running.runner import Outcome, Result, Task
from bodycam_pipeline.running.wire import MalformedAnswerError, answer_type, pack, unpack
from bodycam_pipeline.steps.viewing import Viewer
from bodycam_pipeline.tasks import viewing
from bodycam_pipeline.tasks.appearance import AppearanceTask, measure_segment
from bodycam_pipeline.tasks.audit import audit_segment
from bodycam_pipeline.tasks.container import ContainerTask, PicturesTask, observe_file, picture_boxes
from bodycam_pipeline.tasks.detect import detect_segment
from bodycam_pipeline.tasks.extend import ExtendTask, extend_segment
from bodycam_pipeline.tasks.frame_list import FrameListTask, read_frame_list
from bodycam_pipeline.tasks.observe import observe_segment
from bodycam_pipeline.tasks.probe import ProbeTask, probe, probe_release, read_headers
from bodycam_pipeline.tasks.question import Question
from bodycam_pipeline.tasks.render import render_segment
from bodycam_pipeline.tasks.sound import render_sound_track
from bodycam_pipeline.tasks.versions import library_versions
from bodycam_pipeline.tasks.viewing import ViewTask, open_viewer
from bodycam_pipeline.values.appearance import Probe
from bodycam_pipeline.values.candidates import CANDIDATE, FRAME, POINT, Candidates, SegmentCandidates
from bodycam_pipeline.values.errors import BodycamError, BoxError, DamagedRecordingError, Place, WorkerError
from bodycam_pipeline.values.geometry import Box, Orientation, Region
from bodycam_pipeline.values.track import Entering
from tests.attacks.break_outs import (
    TakenOver,
    answer_with_a_pickle,
    burn,
    eat,
    fill,
    litter,
    open_taken_over,
    other_door,
    swarm,
    taken_over,
)
from tests.attacks.jobs import files_of, quick_policy
from tests.attacks.trials import TRIALS, World
from tests.clips import clip
from tests.inline import InlineRunner
from tests.running.steps import Opened, open_oddly
from tests.waiting import alive, children, parent, wait_for

Step = Callable[[Any], Any]
STEPS: list[Step] = [
    probe,
    probe_release,
    read_headers,
    observe_file,
    picture_boxes,
    detect_segment,
    extend_segment,
    render_segment,
    render_sound_track,
    observe_segment,
    audit_segment,
    measure_segment,
    read_frame_list,
]
ORPHAN_SECONDS = 5.0
_HIDING, _NOT_THERE = "start a thread that hides how", "Function not implemented (38)"
POLICY = quick_policy(audio={"policy": "keep", "reason": "nobody is named"})

has_box = pytest.mark.skipif(bool(locked.why_no_box()), reason=f"no box on this machine: {locked.why_no_box()}")


class Noting(InlineRunner):
    """Keeps the first task of each step."""

    def __init__(self) -> None:
        self.tasks: dict[Step, Any] = {}

    def run(self, step: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[Outcome[Result]]:
        self.tasks.setdefault(step, *tasks[:1])
        return super().run(step, tasks)


@pytest.fixture(scope="module")
def tasks(tmp_path_factory: pytest.TempPathFactory) -> dict[Step, Any]:
    """One of each step, of a job whose results are gone; all read the recording itself."""
    folder = tmp_path_factory.mktemp("box")
    path, noting = str(clip(folder / "recording.mp4", frames=12, tone_hz=440)), Noting()
    job = redact(Order(path, folder / "out", POLICY), noting).folders
    shutil.rmtree(job.internal / "detections")
    part = noting.tasks[detect_segment].part
    face = Entering(0, 0, "face", int(part.packets.pts[0]), Box(8, 8, 40, 40), 1, 0.2)
    noting.tasks |= {each: ProbeTask(path) for each in (probe, probe_release, read_headers)}
    noting.tasks[extend_segment] = ExtendTask(part, (face,), 30.0)
    noting.tasks[observe_file] = ContainerTask(str(job.release / job.video_name))
    noting.tasks[read_frame_list] = FrameListTask(str(job.release / "frames.parquet"))
    noting.tasks[picture_boxes] = PicturesTask(path, ((0, Box(8, 8, 40, 40)),), Orientation.UPRIGHT)
    place = Probe(1, int(part.packets.pts[0]), Region(8, 8, 40, 40), 1.0)
    noting.tasks[measure_segment] = AppearanceTask(part, (place,))
    for step in (observe_segment, audit_segment):
        task = noting.tasks[step]
        noting.tasks[step] = replace(task, part=replace(task.part, address=path))
    return noting.tasks


@pytest.fixture
def world(tasks: dict[Step, Any], tmp_path: Path) -> World:
    outside = tmp_path / "outside"
    outside.mkdir()
    secret = outside / "identity.txt"
    secret.write_text("AGE-SECRET-KEY-1")
    secret.chmod(0o600)
    detect = tasks[detect_segment]
    Path(detect.result_path).parent.mkdir(parents=True, exist_ok=True)
    folder, recording = str(Path(detect.result_path).parent), tasks[probe].address
    return World(str(secret), str(outside), recording, detect.secret_path, folder, os.getpid())


def test_every_task_of_a_step_says_what_it_needs() -> None:
    """So that a new one has a box, or fails here."""
    for path in Path(step_tasks.__file__).parent.glob("*.py"):
        module = importlib.import_module(f"{step_tasks.__name__}.{path.stem}")
        for name, kind in vars(module).items():
            assert not (name.endswith("Task") and isinstance(kind, type)) or hasattr(kind, "needs"), name


def test_every_step_of_the_product_says_what_it_needs(tasks: dict[Step, Any]) -> None:
    assert set(tasks) == {*STEPS, library_versions}
    assert box.needs_of(library_versions, None) is None  # it reads nothing
    assert all(box.needs_of(step, tasks[step]) is not None for step in STEPS)


def test_every_step_and_question_names_what_is_there() -> None:
    """They are named by text, which no checker reads."""
    assert all(callable(getattr(step.load(), step.name)) for step in [*STEPS, open_viewer] if hasattr(step, "load"))
    asked = [each for each in vars(viewing).values() if isinstance(each, Question)]
    assert asked
    assert [each.name for each in asked if not callable(getattr(Viewer, each.name, None))] == []


@has_box
@pytest.mark.parametrize("step", STEPS, ids=lambda step: str(step.__name__))
def test_nothing_gets_out_of_a_step(step: Step, tasks: dict[Step, Any], world: World) -> None:
    needs = box.needs_of(step, tasks[step])
    assert needs is not None
    made = [str(Path(each).parent) for each in needs.made]
    world = replace(world, recording=(*needs.recordings, *needs.read)[0], write=next(iter(made), world.write))
    with LocalRunner(1) as runner:
        (answer,) = runner.run(taken_over, [TakenOver(step, tasks[step], world)])
        assert answer.error is None
        assert answer.result is not None
        assert set(answer.result) == set(TRIALS), answer.result
        got = {name: how for name, how in answer.result.items() if how != "refused"}
        assert {*got.values()} <= {_NOT_THERE}, got
        assert set(got) <= {_HIDING}, got
        (after,) = runner.run(probe, [tasks[probe]])
        assert after.error is None
    assert sorted(path.name for path in Path(world.folder).iterdir()) == ["identity.txt"]
    assert not list(Path(world.write).glob(".*.part"))


@has_box
def test_nothing_gets_out_of_what_the_page_is_shown_by(tasks: dict[Step, Any], world: World) -> None:
    recording = tasks[render_sound_track].recording
    shown, sounds = recording.packets.shown_pts().tolist(), (recording.audio,)
    places = ((shown[0], Box(8, 8, 40, 40)),)
    questions = {
        "still": (shown[0], None, "jpeg"),
        "crops": (places,),
        "rank_by_sharpness": (places,),
        "piece": (0, shown, recording.span.end_pts, None),
        "start_of_sound": (sounds,),
        "piece_of_sound": (sounds, range(4), ()),
        "waveform": (10,),
    }
    task = ViewTask(recording, 0)
    tried = Question[dict[str, str]]("tried", dict[str, str])
    with closing(LastingBoxes(open_taken_over)) as boxes:
        box = boxes.open(TakenOver(open_viewer, task, world))
        for name, arguments in questions.items():
            outcomes = box.ask(tried, name, arguments)
            assert set(outcomes) == set(TRIALS), name
            got = {each: how for each, how in outcomes.items() if how != "refused"}
            assert set(got) <= {_HIDING}, (name, got)
    with closing(LastingBoxes(open_viewer)) as boxes:
        assert boxes.open(task).ask(viewing.still, shown[0], None, "jpeg")
    assert sorted(path.name for path in Path(world.folder).iterdir()) == ["identity.txt"]
    asked = {each.name for each in vars(viewing).values() if isinstance(each, Question)}
    assert set(questions) == asked - {"codec", "initialisation"}, "these decode nothing"


@has_box
def test_nothing_gets_out_of_a_task_on_ray(tasks: dict[Step, Any], world: World, tmp_path: Path) -> None:
    with RayRunner("local", workers=1, task_folder=tmp_path / "tasks") as runner:
        (answer,) = runner.run(taken_over, [TakenOver(probe, tasks[probe], world)])
        assert answer.error is None
        assert answer.result is not None
        assert {name for name, how in answer.result.items() if how != "refused"} <= {_HIDING}
        (after,) = runner.run(probe, [tasks[probe]])
        assert after.error is None


@has_box
def test_a_pickle_is_no_answer_and_runs_nothing(tasks: dict[Step, Any], world: World) -> None:
    with LocalRunner(1) as runner:
        task = TakenOver(probe, tasks[probe], world)
        (answer,) = runner.run(answer_with_a_pickle, [task])
        assert isinstance(answer.error, WorkerError)
        assert "an answer that is none" in answer.error.what
        (after,) = runner.run(probe, [tasks[probe]])
        assert after.error is None
    assert not Path(world.folder, "ran").exists()


@has_box
@pytest.mark.skipif(platform.machine() != "x86_64", reason="that door is x86's")
def test_the_door_of_32_bits_is_shut(tasks: dict[Step, Any], world: World) -> None:
    with LocalRunner(1) as runner:
        (answer,) = runner.run(other_door, [TakenOver(probe, tasks[probe], world)])
        assert isinstance(answer.error, WorkerError)
        assert "ended its worker process" in answer.error.what
        (after,) = runner.run(probe, [tasks[probe]])
        assert after.error is None


@has_box
@pytest.mark.parametrize(
    ("bomb", "words"),
    [
        (eat, "Cannot allocate memory"),
        (burn, "longer than 2 s, 2 times"),
        (fill, "too large"),
        (litter, "Permission denied"),
        (swarm, r"started \d+ threads"),
    ],
)
def test_a_bomb_ends_as_an_error_and_the_next_recording_is_worked_off(
    bomb: Callable[[TakenOver], None], words: str, tasks: dict[Step, Any], world: World
) -> None:
    """All the memory, time, disk, files and threads there are; the worker's own limit stands for the disk."""
    was = sorted(Path(world.write).iterdir())
    with LocalRunner(1) as runner:
        (before,) = runner.run(library_versions, [None])
        assert before.error is None
        (worker,) = (each.process.pid for each in runner.processes.pool)
        resource.prlimit(worker, resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
        if bomb is burn:
            runner.processes.limit_seconds = 2.0
        (answer,) = runner.run(bomb, [TakenOver(detect_segment, tasks[detect_segment], world)])
        assert answer.error is not None
        assert re.search(words, answer.error.what), answer.error.what
        assert answer.error.remedy
        runner.processes.limit_seconds = 60.0
        (after,) = runner.run(probe, [tasks[probe]])
        assert after.error is None
        assert not [box for each in runner.processes.pool for box in children(each.process.pid)]
    assert sorted(Path(world.write).iterdir()) == was


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 MiB, which only root can have."""
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, stderr=subprocess.DEVNULL).returncode:
        pytest.skip("no disk can be mounted here")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@has_box
def test_no_bomb_fills_a_disk_with_several_large_files(tasks: dict[Step, Any], world: World, small_disk: Path) -> None:
    """Each of them stays under half of the disk; together they leave as much as they take."""
    told = tasks[render_segment]
    task = replace(told, result_path=str(small_disk / "results" / "samples"))
    least = [1 << 40]
    with LocalRunner(1) as runner:
        looking = threading.Event()

        def look() -> None:
            while not looking.wait(0.01):
                disk = os.statvfs(small_disk)
                least[0] = min(least[0], disk.f_bavail * disk.f_frsize)

        beside = threading.Thread(target=look)
        beside.start()
        (answer,) = runner.run(fill, [TakenOver(render_segment, task, world, pause_seconds=0.02)])
        looking.set()
        beside.join()
        assert answer.error is not None
        assert "more than the disk has left" in answer.error.what
        assert 16 << 20 < least[0] < 40 << 20, "else it was not tried"
        (after,) = runner.run(render_segment, [task])
        assert after.error is None, "the disk has its room again"


@has_box
def test_a_box_has_limits_and_the_kernel_ends_it_before_anything_else_when_memory_is_short() -> None:
    with closing(LastingBoxes(open_oddly)) as boxes:
        process = boxes.open(Opened()).ask(Question[int]("process", int))
        assert Path(f"/proc/{process}/oom_score_adj").read_text() == "1000\n"
        lines = Path(f"/proc/{process}/limits").read_text().splitlines()[1:]
        limits = {line[:26].strip(): line[26:].split()[:2] for line in lines}
        assert limits["Max core file size"] == ["0", "0"]
        assert limits["Max cpu time"] == [str(box.MOST_CPU_SECONDS)] * 2
        assert limits["Max file size"] == ["0", "0"], "it makes none"
        for name in ("Max open files", "Max address space"):
            assert "unlimited" not in limits[name], name
        status = dict(each.split(":\t") for each in Path(f"/proc/{process}/status").read_text().splitlines())
        read_search = 1 << 2
        assert not int(status["CapEff"], 16) & ~read_search, "quotas hold for root as well"
        assert int(status["CapPrm"], 16) | int(status["CapInh"], 16) == int(status["CapEff"], 16)


def test_a_release_is_the_same_with_and_without_the_box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, made = str(clip(tmp_path / "recording.mp4", frames=12, tone_hz=440)), []
    made.append(redact(Order(path, tmp_path / "inline", POLICY), InlineRunner()))
    for name in ("weak", "strong") if not locked.why_no_box() else ("weak",):
        monkeypatch.setenv(locked.VARIABLE, name)
        with LocalRunner(1) as runner:
            made.append(redact(Order(path, tmp_path / name, POLICY), runner))
    assert all(files_of(each) == files_of(made[0]) for each in made[1:])


@has_box
def test_the_system_call_itself_says_which_version_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """`/sys/kernel/security` need not be mounted, and says nothing of what a container is left with."""
    create_ruleset, ask_version = 444, 1
    kernel = ctypes.CDLL(None).syscall(create_ruleset, None, 0, ask_version)
    assert locked.box_here() == (kernel, "")
    assert doctor._box().found == f"Landlock (version {kernel}) and seccomp hold what workers decode in"
    monkeypatch.setattr(locked._native, "lock_process", mock.Mock(side_effect=OSError("no Landlock")))
    assert locked.box_here() == (0, "no Landlock")
    assert (doctor._box().good, doctor._box().found) == (False, "no Landlock")


def test_a_machine_without_a_box_decodes_nothing_unless_a_person_says_so(
    tasks: dict[Step, Any], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def no_lock(*_: object) -> int:
        raise OSError("this kernel does not hold files back (Landlock)")

    ours, theirs = box.Pipe()
    monkeypatch.delenv(locked.VARIABLE, raising=False)
    monkeypatch.setattr(locked._native, "lock_process", no_lock)
    box.boxed(probe, tasks[probe], theirs)
    _, error = unpack(ours.recv_bytes(), answer_type(probe))
    assert isinstance(error, BoxError)
    assert f"{locked.VARIABLE}={locked.WEAK}" in error.remedy
    monkeypatch.setenv(locked.VARIABLE, locked.WEAK)
    box.boxed(probe, tasks[probe], theirs)
    assert unpack(ours.recv_bytes(), answer_type(probe))[1] is None
    with LocalRunner(1):
        assert "without the box" in capfd.readouterr().err
    ours.close()


@pytest.mark.parametrize("victim", ["driver", "worker"])
def test_no_box_outlives_who_waits_for_it(victim: str, tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", frames=1500, options={"g": "25"})
    words = ["redact", str(path), "--out", str(tmp_path / "out"), "-j", "1"]
    driver = subprocess.Popen([sys.executable, "-m", "bodycam_pipeline.cli.main", *words], stderr=subprocess.DEVNULL)
    try:
        boxes = wait_for(lambda: [box for worker in children(driver.pid) for box in children(worker)])
        worker = parent(boxes[0])
        os.kill(driver.pid if victim == "driver" else worker, signal.SIGKILL)
        wait_for(lambda: not [one for one in (worker, *boxes) if alive(one)], ORPHAN_SECONDS)
    finally:
        driver.kill()
        driver.wait(timeout=60)


def candidates() -> SegmentCandidates:
    rows = (np.zeros(2, FRAME), np.zeros(1, CANDIDATE), np.ones(3, POINT))
    return SegmentCandidates(4, (Candidates(*rows, np.ones((3, 2), np.float32), 0.5, None, (7, 9)),))


def test_what_was_packed_comes_out_as_it_was() -> None:
    was = candidates()
    now, error = unpack(pack((was, None)), SegmentCandidates)
    assert error is None
    assert (now.segment, now.parts[0].undecodable_pts) == (4, (7, 9))
    assert all(
        np.array_equal(getattr(now.parts[0], name), getattr(was.parts[0], name))
        for name in ("frames", "candidates", "points", "scores")
    )
    refusal = DamagedRecordingError("gone", remedy="Withhold it.", where=Place("a.mp4", 3, 1))
    _, error = unpack(pack((None, refusal)), SegmentCandidates)
    assert (type(error), str(error)) == (DamagedRecordingError, str(refusal))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"{}\n",
        pickle.dumps("a pickle"),
        b'{"result":[4,"parts"],"sizes":[]}\n',
        b'{"result":[true,[]],"sizes":[]}\n',
        b'{"result":["4",[]],"sizes":[]}\n',
        b'{"result":[4,[]],"sizes":[8]}\n',
        b'{"result":[4,[]],"sizes":[-1,1]}\n',
        b'{"result":[4,[]],"sizes":[true]}\n ',
        b'{"result":[4,[]],"sizes":[]}\nmore',
        b'{"result":[4,[[[0,"|O8",1],[],[],[],0.5,null,[]]]],"sizes":[8]}\n12345678',
        b'{"result":[4,[[[0,"<i8",1],[],[],[],0.5,null,[]]]],"sizes":[8]}\n12345678',
        b'{"error":["Popen","x","y",[null,null,null]],"sizes":[]}\n',
        b'{"error":["__builtins__","x","y",[null,null,null]],"sizes":[]}\n',
        b'{"error":["LedgerError","x","y",[null,null,null]],"sizes":[]}\n',
        b'{"error":["StateError","x","y",[null,null,null]],"sizes":[]}\n',
        pytest.param(b'{"result":[4,[' + b"[]," * (wire.MOST_LINE_BYTES // 3) + b'[]]],"sizes":[]}\n', id="long"),
        b'{"error":["WorkerError",7,"y",[null,null,null]],"sizes":[]}\n',
        b'{"result":' + b"[" * 100_000 + b"\n",
    ],
)
def test_bytes_that_are_no_answer_of_the_type_are_refused(content: bytes) -> None:
    with pytest.raises(MalformedAnswerError):
        unpack(content, SegmentCandidates)


def test_the_words_of_an_error_have_a_limit() -> None:
    _, error = unpack(pack((None, DamagedRecordingError("gone" * 5000, remedy="Look." * 5000))), SegmentCandidates)
    assert error is not None
    assert (len(error.what), len(error.remedy)) == (wire.MOST_LETTERS, wire.MOST_LETTERS)


def test_an_answer_with_any_bit_turned_is_one_of_the_type_or_none() -> None:
    right = pack((candidates(), None))
    for at in range(0, len(right) * 8, 3):
        turned = bytearray(right)
        turned[at // 8] ^= 1 << at % 8
        try:
            value, error = unpack(bytes(turned), SegmentCandidates)
        except MalformedAnswerError:
            continue
        assert isinstance(value, SegmentCandidates) or isinstance(error, BodycamError)


def test_the_types_of_all_answers_are_data() -> None:
    for step in STEPS:
        kind = answer_type(step)
        with pytest.raises(MalformedAnswerError):
            unpack(b'{"result":{"odd":1},"sizes":[]}\n', kind)
    assert wire.MOST_BYTES < 1 << 31
