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
    "bounds": 2,
    "locked": 2,
    "evidence": 5,
    "following": 5,
    "vault": 5,
    "vision": 5,
    "schemes": 6,
    "tasks": 6,
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
PARSERS = {"av", "onnx", "onnxruntime"}
PARSING_ROOMS = {"read", "mp4", "mp4_check", "audio", "vision", "steps"}
"""Rooms in which modules load them; the driver imports none of those modules."""
ON_REQUEST = {
    "cli.evaluate",
    "demo.compose",
    "demo.touched",
    "measuring.labels.yolo",
    "measuring.pictures",
    "measuring.tools",
}
"""Verbs that make recordings up, or measure on pictures: what they parse is their caller's own."""
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


def parts_of(path: Path) -> tuple[list[ast.stmt], list[ast.stmt]]:
    """What is imported when the module is, and what only when something of it is called."""
    at_once, later = list[ast.stmt](), list[ast.stmt]()

    def visit(node: ast.AST, *, inside: bool) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import | ast.ImportFrom):
                (later if inside else at_once).append(child)
            elif not (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"):
                visit(child, inside=inside or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda))

    visit(ast.parse(path.read_text()), inside=False)
    return at_once, later


def named(statements: list[ast.stmt]) -> set[str]:
    """The modules that statements import, and what may be modules in them."""
    names = set[str]()
    for node in statements:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {name.removeprefix("bodycam_pipeline.") for name in names}


def test_what_parses_a_strangers_bytes_is_loaded_where_it_is_used() -> None:
    """A driver holds keys: what loads FFmpeg or ONNX Runtime when it is imported lies in rooms that it stays out of."""
    of = {".".join(path.relative_to(PACKAGE).with_suffix("").parts): parts_of(path) for path in MODULES}
    loading = {name for name, (at_once, _) in of.items() if {n.split(".")[0] for n in named(at_once)} & PARSERS}
    while more := {name for name, (at_once, _) in of.items() if named(at_once) & loading} - loading:
        loading |= more
    assert {name.split(".")[0] for name in loading} == PARSING_ROOMS
    calling = {
        n for n, (_, later) in of.items() if any(m in loading or m.split(".")[0] in PARSERS for m in named(later))
    }
    assert {name for name in calling if name.split(".")[0] not in PARSING_ROOMS} == ON_REQUEST


def test_every_room_is_on_a_floor() -> None:
    assert {room_of(path) for path in MODULES} <= set(FLOORS)


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import bodycam_pipeline, sys; print(sorted({'av', 'onnxruntime', 'ray', 'pyarrow'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
