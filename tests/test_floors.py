"""The layout: a module imports from lower floors only, and each edge library has its rooms."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "python" / "bodycam_pipeline"
FLOORS = {
    "_native": 0,
    "values": 0,
    "durable": 1,
    "extras": 1,
    "own_folders": 1,
    "h264": 1,
    "rules": 1,
    "foreign": 2,
    "addresses": 3,
    "kept": 3,
    "evidence": 4,
    "following": 4,
    "vault": 4,
    "vision": 4,
    "schemes": 5,
    "read": 6,
    "mp4": 7,
    "mp4_check": 7,
    "audio": 8,
    "custody": 9,
    "steps": 9,
    "demo": 10,
    "release": 10,
    "running": 10,
    "reports": 11,
    "review": 11,
    "passes": 12,
    "publish": 12,
    "drawn": 13,
    "checking": 14,
    "pipeline": 14,
    "backlog": 15,
    "measuring": 15,
    "package": 15,
    "page": 15,
    "cli": 16,
    "__init__": 17,
}
"""Every room, and every module that is none. The kernels know nobody; the front door only re-exports."""
ROOMS_OF = {
    "av": {"read", "mp4", "mp4_check", "audio"},
    "onnxruntime": {"vision"},
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
    return {parts[1] for parts in own} - {room_of(path)}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_module_imports_from_lower_floors_only(path: Path) -> None:
    room = room_of(path)
    upward = {other for other in rooms_entered(path) if FLOORS[other] >= FLOORS[room]}
    assert not upward, f"{path.name} on floor {FLOORS[room]} imports {sorted(upward)}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_each_edge_library_has_its_rooms(path: Path) -> None:
    for name in imports(path):
        library = name.split(".")[0]
        assert room_of(path) in ROOMS_OF.get(library, {room_of(path)}), f"{path.name} imports {library}"


def test_every_room_is_on_a_floor() -> None:
    assert {room_of(path) for path in MODULES} <= set(FLOORS)


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import bodycam_pipeline, sys; print(sorted({'av', 'onnxruntime', 'ray', 'pyarrow'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
