"""One name, one thing: no public class or function is called as one in another room, no module as two others.

A function is a verb: a participle alone says what came of it, not what it does. Words that the field's own replaced do
not come back.
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

ROOT = PACKAGE.parents[1]
RETIRED_CLASSES = re.compile(
    r"Asked|Crew|Entry|Eyes|Fate|Held|Looks|Membrane|NotForYou|Noted|Opening|Painter|Person|Promise|Seen|Sighting|"
    r"Sketch|Spot|Stage|Standing|Suspect|Told|Trusted|Window|Wish"
)
RETIRED_WORDS = re.compile(
    r"(^|_)(told|sketch|sketches|spots?|sighting|sightings|suspect|painter|lettering|fate|crew|desk|keeping|noted|"
    r"announced|burn|contest|contestant|carried_over|closer_look)($|_)"
)
"""Each has a term of the field in its place: docs/words.md."""


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


def test_no_retired_word_names_anything() -> None:
    """Classes, functions, arguments and variables of the package, and of what measures it; Rust's items."""
    names = set[str]()
    for path in [*MODULES, *(ROOT / "benchmarks").rglob("*.py"), *(ROOT / "research").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case (
                    ast.ClassDef(name) | ast.FunctionDef(name) | ast.arg(name) | ast.Name(name) | ast.Attribute(_, name)
                ):
                    names.add(name)
                case _:
                    pass
    for path in (ROOT / "rust").glob("*/src/**/*.rs"):
        names |= set(re.findall(r"\b(?:fn|struct|enum|trait|mod|type|const|let) (\w+)", path.read_text()))
    assert len(names) > 5000, "the names were found"
    assert {name for name in names if RETIRED_CLASSES.fullmatch(name) or RETIRED_WORDS.search(name)} == set()
    assert [path for path in MODULES if RETIRED_WORDS.search(path.stem)] == []
