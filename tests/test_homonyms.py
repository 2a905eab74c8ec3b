"""One name, one thing: no public class or function is called as one in another room, no module as two others."""

import ast
from collections import Counter, defaultdict
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "python" / "bodycam_pipeline"
MODULES = [path for path in sorted(PACKAGE.rglob("*.py")) if path.name != "__init__.py"]


def test_no_public_name_occurs_in_two_rooms() -> None:
    """A verb of the command line, and a step, is called as what it calls; a program's entry is its `main`."""
    rooms = defaultdict(set)
    for path in MODULES:
        room = path.relative_to(PACKAGE).parts[0]
        for node in ast.parse(path.read_text()).body:
            if (
                isinstance(node, ast.ClassDef | ast.FunctionDef)
                and not node.name.startswith("_")
                and room not in {"cli", "steps"}
            ):
                rooms[node.name].add(room)
    assert {name: found for name, found in rooms.items() if len(found) > 1 and name != "main"} == {}


def test_no_module_name_occurs_three_times() -> None:
    """What a step is told, in `tasks`, lies under the name of the step."""
    names = Counter(path.stem for path in MODULES if path.parent.name not in {"cli", "tasks"})
    assert [name for name, count in names.items() if count > 2] == []
