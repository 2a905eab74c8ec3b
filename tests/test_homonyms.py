"""One name, one thing: no public class or function is called as one in another room, no module as two others.

A function is a verb: a participle alone says what came of it, not what it does.
"""

import ast
import re
from collections import Counter, defaultdict
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "python" / "bodycam_pipeline"
MODULES = [path for path in sorted(PACKAGE.rglob("*.py")) if path.name != "__init__.py"]

PARTICIPLE = re.compile(r"[a-z]+[^e]ed|held|seen|taken|made|given|told|kept|found|drawn|shown|lost")
STATES = {"locked", "counted", "boxed", "blended", "observed", "started"}
"""`with locked(…)` says how a block runs; the others wait for a name. No more of them."""


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


def test_no_public_function_is_a_participle_alone() -> None:
    functions = {
        node.name for path in MODULES for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)
    }
    assert {name for name in functions if PARTICIPLE.fullmatch(name)} == STATES
