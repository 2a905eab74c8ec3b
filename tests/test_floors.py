"""The layout: a module imports from lower floors only, and each edge library has its rooms."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "python" / "bodycam_pipeline"
FLOORS = {
    "values": 0,
    "rules": 1,
    "h264": 1,
    "vision": 1,
    "following": 1,
    "evidence": 1,
    "read": 2,
    "mp4": 3,
    "mp4_check": 3,
    "audio": 4,
    "custody": 5,
    "steps": 5,
    "running": 6,
    "release": 6,
    "demo": 6,
    "reports": 7,
    "review": 7,
    "publish": 8,
    "passes": 8,
    "drawn": 9,
    "pipeline": 10,
    "checking": 10,
    "backlog": 11,
    "measuring": 11,
    "package": 11,
    "page": 11,
    "cli": 12,
}
NEUTRAL = {"_native", "__init__", "durable", "foreign", "kept", "addresses", "vault"}
"""The kernels know nobody; whole files, files of others, files that are believed later, addresses and what opens
a sealed one belong to no room; the front door only re-exports."""
ROOMS_OF = {
    "av": {"read", "mp4", "mp4_check", "audio"},
    "onnxruntime": {"vision"},
    "onnx": {"vision"},
    "ray": {"running"},
}
MODULES = sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    """Every imported module, and for ``from package import name`` the name as well."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the floor"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names if node.module == "bodycam_pipeline")


def rooms_entered(path: Path) -> set[str]:
    own = [name.split(".") for name in imports(path) if name.startswith("bodycam_pipeline.")]
    return {parts[1] for parts in own} - {room_of(path)} - NEUTRAL


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_module_imports_from_lower_floors_only(path: Path) -> None:
    room = room_of(path)
    if room in NEUTRAL:
        return
    upward = {other for other in rooms_entered(path) if FLOORS[other] >= FLOORS[room]}
    assert not upward, f"{path.name} on floor {FLOORS[room]} imports {sorted(upward)}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_each_edge_library_has_its_rooms(path: Path) -> None:
    for name in imports(path):
        library = name.split(".")[0]
        assert room_of(path) in ROOMS_OF.get(library, {room_of(path)}), f"{path.name} imports {library}"


@pytest.mark.parametrize(
    "path", [PACKAGE / "durable.py", PACKAGE / "kept.py", *sorted((PACKAGE / "addresses").glob("*.py"))]
)
def test_durable_files_and_addresses_know_nothing_but_values(path: Path) -> None:
    assert rooms_entered(path) <= {"values"}


def test_every_room_is_on_a_floor() -> None:
    assert {room_of(path) for path in MODULES} - NEUTRAL <= set(FLOORS)


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import bodycam_pipeline, sys; print(sorted({'av', 'onnxruntime', 'ray', 'pyarrow'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
