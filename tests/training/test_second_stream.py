"""The second network's crops, on drawn pictures: boxes follow their pixels, on the processor and on a device alike."""

from __future__ import annotations

import json
import re
from pathlib import Path
from random import Random
from types import SimpleNamespace

import pytest

np = pytest.importorskip("numpy")
torch = pytest.importorskip("torch", reason="torch is a dependency of the training only")
cv2 = pytest.importorskip("cv2", reason="opencv is a training dependency")

from research.training import augment  # noqa: E402
from research.training.v2 import train  # noqa: E402
from research.training.v2.device_camera import DeviceCamera  # noqa: E402
from research.training.v2.device_stream import DeviceCrops  # noqa: E402
from research.training.v2.kinds import FACE  # noqa: E402
from research.training.v2.pack import pack  # noqa: E402
from research.training.v2.regions import counted  # noqa: E402
from research.training.v2.stream import Crops  # noqa: E402

SIDE = 160


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    """Two pictures of a white disc each on black, marked as a face."""
    entries, offset = [], 0
    with (tmp_path / "pool.bin").open("wb") as file:
        for number, (middle, radius) in enumerate((((120, 90), 40), ((300, 200), 12))):
            picture = np.zeros((360, 480, 3), np.uint8)
            cv2.circle(picture, middle, radius, (255, 255, 255), -1)
            box = [middle[0] - radius, middle[1] - radius, middle[0] + radius + 1, middle[1] + radius + 1]
            levels = []
            for level in range(3):
                smaller = cv2.resize(picture, None, fx=0.5**level, fy=0.5**level, interpolation=cv2.INTER_AREA)
                file.write(smaller.tobytes())
                levels.append([offset, *smaller.shape[:2]])
                offset += smaller.size
            rows = [[[FACE, *box]], [], []]
            entries.append({"source": "web", "set": "a", "name": str(number), "levels": levels, "rows": rows})
    (tmp_path / "pool.json").write_text(json.dumps(entries))
    return tmp_path


def lies_on(picture: np.ndarray, box: list[float]) -> bool:
    """Whether a box lies on what is bright of a picture with a fill that is cut away."""
    y, x = np.where(picture > 127)
    return bool(np.abs(np.array([x.min(), y.min(), x.max() + 1, y.max() + 1]) - box).max() <= 2.5)


def test_a_box_follows_its_disc_on_the_processor(pool: Path) -> None:
    crops, seen = Crops(pool, 1, SIDE, 0), 0
    crops.open(Random(0))  # noqa: S311
    for _ in range(60):
        mode = crops.random.choice(["small", "large", ""])
        crops.random.randrange = lambda *_: 0  # type: ignore[method-assign,assignment] # black where there is no picture
        picture, objects, _ = crops.crop(SIDE, SIDE, mode if mode != "small" or crops.crowds else "")
        if len(objects) == 1 and picture[..., 0].max() > 200:
            seen += lies_on(picture[..., 0], objects[0, 1:].tolist())
    assert seen > 20


def test_a_box_follows_its_disc_on_a_device(pool: Path) -> None:
    assert "2 pictures" in pack(pool, pool / "parcel", 1.0)
    crops = DeviceCrops(pool / "parcel", 2, SIDE, 0, "cpu")
    wrong = seen = 0
    for _ in range(30):
        tiles, (tile, rows), _ = crops.tiles(4, SIDE, single=True)
        for number in range(4):
            mine = rows[tile == number]
            inside = tiles[number].amax(0).numpy() * 255
            # where nothing of the picture is, a fill of any colour would be taken for the disc
            if len(mine) != 1 or np.median(inside[[0, 0, -1, -1], [0, -1, 0, -1]]) > 0 or inside[0].max() > 0:
                continue
            if inside[-1].max() > 0 or inside[:, 0].max() > 0 or inside[:, -1].max() > 0:
                continue
            seen += 1
            wrong += not lies_on(inside, mine[0, 1:].tolist())
    assert seen >= 10
    assert wrong == 0


def test_a_batch_of_a_device_is_whole_and_of_its_size(pool: Path) -> None:
    pack(pool, pool / "parcel", 1.0)
    crops = DeviceCrops(pool / "parcel", 6, SIDE, 1, "cpu")
    pictures, objects, marks = crops.collect()
    assert pictures.shape == (6, 3, SIDE, SIDE)
    assert torch.isfinite(pictures).all()
    assert pictures.min() >= 0
    assert pictures.max() <= 1
    assert marks.shape == (6, sum((SIDE // s) ** 2 for s in (4, 8, 16, 32)), 3)
    assert (objects[:, 2:] >= 0).all()
    assert (objects[:, 2:] <= SIDE).all()


def test_a_parcel_that_is_too_large_is_refused(pool: Path) -> None:
    with pytest.raises(ValueError, match="MiB are more than"):
        pack(pool, pool / "parcel", 0.0001)


def test_marks_are_the_same_on_a_device() -> None:
    random = np.random.default_rng(3)
    corner, size = random.uniform(0, 120, (40, 2)), random.uniform(1, 60, (40, 2))
    rows = np.column_stack([random.integers(0, 3, 40), random.integers(0, 3, 40), corner, corner + size])
    rows[:, 2:] = rows[:, 2:].clip(0, SIDE)
    here = counted(rows.tolist(), 3, SIDE, SIDE)
    there = DeviceCrops.counted(SimpleNamespace(size=SIDE, batch=3, device="cpu"), torch.tensor(rows))  # type: ignore[arg-type]
    assert (there.numpy() == here).all()


def test_coding_as_jpeg_keeps_flat_pictures_and_coarsens_others() -> None:
    camera = DeviceCamera(torch.Generator().manual_seed(0), "cpu")
    flat = torch.full((2, 3, 32, 32), 0.5)
    assert (camera.jpeg(flat) - flat).abs().max() < 0.05
    noise = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    assert 0.02 < (camera.jpeg(noise) - noise).abs().mean() < 0.3


def test_a_run_goes_on_from_committed_weights(pool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pack(pool, pool / "parcel", 1.0)

    def run(name: str, *arguments: str) -> dict[str, object]:
        (work := pool / name).mkdir(exist_ok=True)
        settings = f"--pack {pool / 'parcel'} --batch 2 --size {SIDE}".split()
        monkeypatch.setattr("sys.argv", ["train", str(work), *settings, *arguments])
        train.main()
        return dict(torch.load(work / "last.pt"))

    first = run("first", "--crops", "4")
    weights = ["--weights", str(pool / "first" / "average.pt")]
    later = run("later", "--crops", "6", *weights)
    assert (first["crops"], first["first"]) == (4, 0)
    assert (later["crops"], later["first"]) == (6, 2)
    stem = "stem.0.weight"
    assert 0 < (later["average"][stem] - first["average"][stem]).abs().max() < 0.01  # type: ignore[index]
    assert run("later", "--crops", "8", *weights)["first"] == 2


def test_the_limits_of_brightening_are_the_products() -> None:
    # torch and the product are seldom installed side by side, so its source is read
    source = (Path(__file__).parents[2] / "python/bodycam_pipeline/vision/darkness.py").read_text()
    theirs = {name: float(value) for name, value in re.findall(r"^([A-Z_]+) = ([\d.]+)$", source, re.MULTILINE)}
    for name in ("DARK", "BRIGHT_SHARE", "STEEPEST"):
        assert getattr(augment, name) == theirs[name]


@pytest.mark.parametrize(("light", "brightest"), [(1 / 2, 128), (1 / 8, 80), (1 / 14, 76)])
def test_what_is_left_of_the_light_is_brightened(light: float, brightest: int) -> None:
    ramp = np.repeat(np.linspace(0, 255, 320, dtype=np.uint8)[None], 320, 0)
    picture = np.stack([ramp] * 3, 2)
    here = augment.dusk(picture, light, np.zeros(picture.shape))
    camera = DeviceCamera(torch.Generator().manual_seed(0), "cpu")
    batch = torch.from_numpy(picture.transpose(2, 0, 1).copy())[None].float() / 255
    there = camera.dusk(batch, torch.full((1, 1, 1, 1), light), torch.zeros(1, 1, 1, 1))
    assert abs(int(here.max()) - brightest) <= 3
    assert np.abs(there[0].permute(1, 2, 0).numpy() * 255 - here).max() <= 4  # a step of so little light
    grainy = augment.dusk(np.full_like(picture, 128), light, np.random.default_rng(0).normal(0, 2, picture.shape))
    assert 2 < grainy.std() < 16
