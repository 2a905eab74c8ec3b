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
    "values": 1,
    "digests": 2,
    "durable": 2,
    "extras": 2,
    "own_folders": 2,
    "h264": 2,
    "rules": 2,
    "foreign": 3,
    "addresses": 4,
    "kept": 4,
    "evidence": 5,
    "following": 5,
    "vault": 5,
    "vision": 5,
    "schemes": 6,
    "read": 7,
    "mp4": 8,
    "mp4_check": 8,
    "audio": 9,
    "custody": 10,
    "steps": 10,
    "demo": 11,
    "release": 11,
    "running": 11,
    "reports": 12,
    "review": 12,
    "passes": 13,
    "publish": 13,
    "drawn": 14,
    "checking": 15,
    "pipeline": 15,
    "backlog": 16,
    "measuring": 16,
    "package": 16,
    "page": 16,
    "cli": 17,
    "__init__": 18,
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
