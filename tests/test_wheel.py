"""The wheel installs where no compiler is, brings little, and runs the demo."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.install import install, measured, path_without_rust

ROOT = Path(__file__).parents[1]
MOST_DISTRIBUTIONS, MOST_MB = 42, 780


@pytest.mark.slow
def test_the_wheel_installs_without_a_compiler_and_runs_the_demo(tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    subprocess.run(["make", "wheel", f"WHEELS={wheels}", f"BIN={Path(sys.executable).parent}"], cwd=ROOT, check=True)
    (wheel,) = wheels.iterdir()
    assert re.search(r"-cp311-abi3-manylinux_2_\d+_x86_64|-cp311-abi3-manylinux2014", wheel.name)
    binaries = install(wheel, tmp_path / "environment")
    found = measured(binaries)
    assert len(found.sizes) <= MOST_DISTRIBUTIONS
    assert found.megabytes <= MOST_MB
    path = f"{binaries}:{path_without_rust()}"
    assert shutil.which("cargo", path=path) is shutil.which("rustc", path=path) is None
    bare = {"PATH": path, "HOME": str(tmp_path), "LANG": os.environ.get("LANG", "C.UTF-8")}
    demo = [binaries / "bodycam", "demo", "--seconds", "1", "--out", tmp_path / "demo", "--json"]
    done = subprocess.run(demo, cwd=tmp_path, env=bare, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert Path(json.loads(done.stdout)["video"]).is_file()
