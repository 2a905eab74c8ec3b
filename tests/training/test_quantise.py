"""A detector in eight bits is still a detector: the registry takes it, and it sees nearly what the other one sees."""

from pathlib import Path

import numpy as np
import onnx
from PIL import Image

from bodycam_pipeline._native import Letterbox
from bodycam_pipeline.vision.registry import find_model
from bodycam_pipeline.vision.session import open_network
from models.training.quantise import chosen, last_layers, quantise
from tests.vision.pictures import frame, portrait


def pictures(folder: Path) -> Path:
    for name in ("faces", "plates"):
        (folder / name).mkdir(parents=True)
        for number in range(3):
            centre = (200 + 100 * number, 160)
            portrait((640, 360), centre, 60 + 20 * number)[0].save(folder / name / f"{number}.jpg")
    return folder


def test_every_set_is_drawn_from_alike_and_the_same_pictures_every_time(tmp_path: Path) -> None:
    data = pictures(tmp_path)
    files = chosen(data, 4)
    assert files == chosen(data, 4)
    assert [file.parent.name for file in files] == ["faces", "faces", "plates", "plates"]


def test_the_registry_takes_it_and_it_sees_nearly_the_same(tmp_path: Path) -> None:
    model, out = find_model("detector-v1"), tmp_path / "int8.onnx"
    quantise(model, chosen(pictures(tmp_path / "data"), 6), out, None)
    made = onnx.load(out)
    weights = {each.name for each in made.graph.initializer}
    untouched = [node for node in made.graph.node if node.op_type == "Conv" and node.input[1] in weights]
    assert len(untouched) == len(list(last_layers(made))) - 3, "only the last layers stay in float"
    tensor = np.zeros((1, 3, 384, 640), np.float32)
    picture: Image.Image = portrait((640, 360), (330, 170), 90)[0]
    Letterbox(factor=model.factor).fill([frame(picture)], [tensor])
    best = [open_network(each).boxes(tensor, [0.3, 0.99])[0] for each in (model, find_model(str(out)))]
    first, second = (rows[rows[:, 4].argmax()] for rows in best)
    np.testing.assert_allclose(second[:4], first[:4], atol=12)
    assert abs(first[4] - second[4]) < 0.2
