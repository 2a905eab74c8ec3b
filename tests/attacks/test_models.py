"""Models that were made to hang or to fill the memory: tried where they cannot, and refused in words."""

import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from bodycam_pipeline import locked
from bodycam_pipeline.values.errors import ModelError
from bodycam_pipeline.vision import trial
from bodycam_pipeline.vision.adding import Registration, add_model
from bodycam_pipeline.vision.registry import find_model, own_folder, ready_model
from tests.attacks.trials import TRIALS, World
from tests.vision.graphs import bright_spots, saved

ENDLESS = 1 << 62


def _before(model: onnx.ModelProto, nodes: list[onnx.NodeProto], constants: dict[str, np.ndarray]) -> onnx.ModelProto:
    """Let the picture pass through other nodes first: from ``picture`` to ``image``."""
    rest = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend([*nodes, *rest])
    model.graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in constants.items())
    model.graph.input[0].name = "picture"
    return model


def looping() -> onnx.ModelProto:
    """Adds nothing, 2^62 times."""
    body = helper.make_graph(
        [helper.make_node("Identity", [i], [o]) for i, o in (("c_in", "c_out"), ("x_in", "x_out"))],
        "body",
        [
            helper.make_tensor_value_info("n", TensorProto.INT64, []),
            helper.make_tensor_value_info("c_in", TensorProto.BOOL, []),
            helper.make_tensor_value_info("x_in", TensorProto.FLOAT, None),
        ],
        [
            helper.make_tensor_value_info("c_out", TensorProto.BOOL, []),
            helper.make_tensor_value_info("x_out", TensorProto.FLOAT, None),
        ],
    )
    loop = helper.make_node("Loop", ["turns", "go", "picture"], ["image"], body=body)
    return _before(bright_spots(), [loop], {"turns": np.array(ENDLESS, np.int64), "go": np.array(True)})


def hidden_loop() -> onnx.ModelProto:
    """The same in a branch that is always taken."""
    loop = looping().graph.node[0]
    loop.output[0] = "looped"
    then = helper.make_graph([loop], "t", [], [helper.make_tensor_value_info("looped", TensorProto.FLOAT, None)])
    same = helper.make_node("Identity", ["picture"], ["same"])
    other = helper.make_graph([same], "o", [], [helper.make_tensor_value_info("same", TensorProto.FLOAT, None)])
    branch = helper.make_node("If", ["go"], ["image"], then_branch=then, else_branch=other)
    return _before(bright_spots(), [branch], {"turns": np.array(ENDLESS, np.int64), "go": np.array(True)})


def _adding_nothing(nodes: list[onnx.NodeProto], constants: dict[str, np.ndarray]) -> onnx.ModelProto:
    """Nodes that end in ``big``, of which a share of nothing is added to the picture."""
    tail = [
        helper.make_node("ReduceMean", ["big"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "nothing"], ["none"]),
        helper.make_node("Add", ["picture", "none"], ["image"]),
    ]
    return _before(bright_spots(), [*nodes, *tail], constants | {"nothing": np.array(0, np.float32)})


def filling() -> onnx.ModelProto:
    """Asks for four terabytes."""
    node = helper.make_node("ConstantOfShape", ["shape"], ["big"])
    return _adding_nothing([node], {"shape": np.array([1 << 20, 1 << 20], np.int64)})


def multiplying() -> onnx.ModelProto:
    """Takes hours, in little memory."""
    nodes = [helper.make_node("Expand", ["one", "shape"], ["x0"])]
    nodes += [helper.make_node("MatMul", [f"x{n}", "x0"], [f"x{n + 1}"]) for n in range(400)]
    nodes += [helper.make_node("Identity", ["x400"], ["big"])]
    return _adding_nothing(nodes, {"one": np.array(1e-4, np.float32), "shape": np.array([6000, 6000], np.int64)})


@pytest.fixture(autouse=True)
def _own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BODYCAM_MODELS", str(tmp_path / "own"))
    monkeypatch.setattr(trial, "CPU_SECONDS", 4)


@pytest.mark.parametrize("bomb", [looping, hidden_loop, filling, multiplying], ids=lambda bomb: bomb.__name__)
def test_a_model_without_end_is_refused_and_registered_nowhere(
    bomb: Callable[[], onnx.ModelProto], tmp_path: Path
) -> None:
    path = saved(bomb(), tmp_path / "bomb.onnx")
    began = time.monotonic()
    with pytest.raises(ModelError, match=r"bomb\.onnx"):
        add_model(path, Registration("mine", "MIT", "a test"))
    with pytest.raises(ModelError, match=r"bomb\.onnx"):
        ready_model(str(path))
    assert time.monotonic() - began < 100
    assert not own_folder().exists()


def test_what_runs_passes_the_trial_and_says_so_in_words(tmp_path: Path) -> None:
    for name in ("detector-v1-int8", "centerface-int8"):
        trial.try_model(find_model(name))
    path = saved(bright_spots(), tmp_path / "fine.onnx")
    assert ready_model(str(path)).head == "bodycam"
    assert add_model(path, Registration("mine", "MIT", "a test")).name == "mine"


TAKEN_OVER = """
import json, os, sys, threading
from bodycam_pipeline.values.errors import ModelError
from bodycam_pipeline.vision import graph
from tests.attacks.trials import TRIALS, World, outcome

def get_out(*_):
    world = World(**{world!r})
    raise ModelError(json.dumps({{name: outcome(trial, world) for name, trial in TRIALS.items()}}), remedy="none")

def shout(*_):
    while True:
        os.write(1, b" " * 65536)

def lie(*_):
    os.write(1, json.dumps({{"facts": {{"head": "../x", "packed": False, "made_from": None}}}}).encode())
    os._exit(0)

def swarm(*_):
    threading.stack_size(1 << 15)
    ever = threading.Lock()
    ever.acquire()
    while True:
        try:
            threading._start_new_thread(ever.acquire, ())
        except RuntimeError:
            pass

graph._parsed = {act}
"""
"""What the parser is, once a file has taken it over: Python imports this before anything of ours."""


@pytest.fixture
def take_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], World]:
    """Have the parser of graphs be somebody else's, in processes that are started from here on."""
    outside, root = tmp_path / "outside", Path(__file__).parents[2]
    outside.mkdir()
    (outside / "identity.txt").write_text("AGE-SECRET-KEY-1")
    model = saved(bright_spots(), tmp_path / "taken.onnx")
    world = World(str(outside / "identity.txt"), str(outside), str(model), str(model), str(tmp_path), os.getpid())

    def take(act: str) -> World:
        (tmp_path / "sitecustomize.py").write_text(TAKEN_OVER.format(world=asdict(world), act=act))
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(tmp_path), str(root))))
        return world

    return take


@pytest.mark.skipif(bool(locked.why_no_box()), reason="no box on this machine")
@pytest.mark.parametrize("verb", ["examine", "try"])
def test_nothing_gets_out_of_what_reads_and_runs_a_strangers_graph(
    verb: str, take_over: Callable[[str], World], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = find_model("detector-v1")
    world = take_over("get_out")
    act = {"examine": lambda: trial.examine(model.path, model.sha256), "try": lambda: trial.try_model(model)}[verb]
    with pytest.raises(ModelError) as ended:
        act()
    outcomes = json.loads(ended.value.what)
    assert set(outcomes) == set(TRIALS)
    got = {name: how for name, how in outcomes.items() if how != "refused"}
    assert set(got) <= {"start a thread that hides how"}, got
    assert [path.name for path in Path(world.folder).iterdir()] == ["identity.txt"]
    monkeypatch.delenv("PYTHONPATH")
    assert trial.examine(world.recording, find_model(world.recording).sha256).head == "bodycam"


@pytest.mark.parametrize("act", ["shout", "lie", "swarm"])
def test_an_answer_has_limits_and_a_form_and_who_gives_it_too(act: str, take_over: Callable[[str], World]) -> None:
    world, began = take_over(act), time.monotonic()
    with pytest.raises(ModelError, match="ends the process it runs in"):
        find_model(world.recording)
    assert time.monotonic() - began < 60
    assert not own_folder().exists()
