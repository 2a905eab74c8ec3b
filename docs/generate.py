"""Write the reference pages from the code that they describe: ``python -m docs.generate``, or ``make reference``."""

import inspect
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import typer.main
from pydantic import AfterValidator, BaseModel

from bodycam_pipeline.cli.main import app
from bodycam_pipeline.values import errors
from bodycam_pipeline.values.choice import OneOf
from bodycam_pipeline.values.edits import Edits
from bodycam_pipeline.values.errors import BodycamError
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.vision.heads import HEAD_DEFAULTS, HeadDefaults
from docs.files import FILES

PAGES = Path(__file__).parent / "reference"
NOTE = "<!-- Written by `make reference` from the code. Change the code, then run it again. -->\n"
LIMITS = {"ge": "at least {}", "gt": "above {}", "le": "at most {}", "lt": "below {}", "min_length": "{} or more"}


def policy() -> str:
    """Every key of a policy file."""
    return _page("Policy keys", "What a policy may say. Every key has a safe default.", _keys(Policy, ""))


def edits_page() -> str:
    """Every key of a person's edits."""
    return _page("Edits", "What a person's edits may say; [an example of each](../edits.md).", _keys(Edits, ""))


def command_line() -> str:
    """Every verb with its arguments and options."""
    verbs = _verbs(typer.main.get_command(app), "bodycam")
    sections = [f"## `{name}`\n\n{_help(command)}\n\n{_options(command)}" for name, command in verbs]
    return f"# Command line\n\n{NOTE}\n" + "\n".join(sections)


def errors_page() -> str:
    """Every error with its word in JSON, its exit code and what it means."""
    kinds = sorted(_below(BodycamError), key=lambda kind: kind.__name__)
    rows = [
        f"| `{kind.__name__}` | `{kind('', remedy='').code}` | {kind.exit_code} | {_cell(kind.__doc__)} |"
        for kind in kinds
    ]
    head = "| class | `error` in `--json` | exit code | what happened |\n|---|---|---|---|"
    about = "Everything that the product refuses on purpose. Each error says what happened, where, and the remedy."
    return f"# Errors\n\n{NOTE}\n{about}\n\n{head}\n" + "\n".join(rows) + "\n"


def heads() -> str:
    """Every head, and what is known of its public weights."""
    rows = "\n".join(
        f"| `{name}` | {known.of} | {known.recognised} | {_classes(known)} | {_thresholds(known)} |"
        for name, known in HEAD_DEFAULTS.items()
    )
    about = "How raw maps become boxes; [what a head is, and how to add a model](../models.md)."
    head = "| head | of | told from the graph | classes | thresholds, high/low |\n|---|---|---|---|---|"
    return f"# Heads\n\n{NOTE}\n{about}\n\n{head}\n{rows}\n"


def _classes(known: HeadDefaults) -> str:
    return "to be said" if known.classes is None else ", ".join(kind or "(ignored)" for kind in known.classes)


def _thresholds(known: HeadDefaults) -> str:
    return ", ".join(f"{kind} {each.high:g}/{each.low:g}" for kind, each in known.kinds.items()) or "to be said"


def files() -> str:
    """Every file that a job leaves."""
    rows = "\n".join(f"| `{row.place}/{row.name}` | `{row.since}` | {row.what} |" for row in FILES)
    about = (
        "Below `--out`, for a recording whose release is called NAME. `NAME.staging` holds half-done work; it is gone "
        "once the release is published. `package` is the folder, or the ZIP, that `bodycam package --to` names."
    )
    return f"# Files on disk\n\n{NOTE}\n{about}\n\n| file | written by | what |\n|---|---|---|\n{rows}\n"


WRITERS: dict[str, Callable[[], str]] = {
    "policy.md": policy,
    "edits.md": edits_page,
    "command-line.md": command_line,
    "errors.md": errors_page,
    "heads.md": heads,
    "files.md": files,
}


def _page(title: str, about: str, rows: Iterator[tuple[str, str, str, str]]) -> str:
    lines = [f"| `{key}` | {kind} | {default} | {what} |" for key, kind, default, what in rows]
    head = "| key | value | default | meaning |\n|---|---|---|---|"
    return f"# {title}\n\n{NOTE}\n{about}\n\n{head}\n" + "\n".join(lines) + "\n"


def _keys(model: type[BaseModel], above: str) -> Iterator[tuple[str, str, str, str]]:
    """Path, values, default and meaning of every key below a model."""
    said = _attributes(model)
    for name, field in model.model_fields.items():
        path = above + (field.alias or name)
        annotation = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
        inner = _model_in(annotation)
        if inner is None:
            default = "required" if field.is_required() else f"`{_value(field.default)}`"
            yield path, _values(annotation), default, said.get(name, "")
            continue
        kept = get_origin(_plain(annotation))
        if kept is tuple and name in said:
            default = "required" if field.is_required() else f"`{_value(field.default)}`"
            yield path, "list of tables", default, said.get(name, "")
        yield from _keys(inner, path + {dict: ".KIND.", tuple: "[]."}.get(kept, "."))


def _model_in(annotation: Any) -> type[BaseModel] | None:
    plain = _plain(annotation)
    if isinstance(plain, type) and issubclass(plain, BaseModel):
        return plain
    return next(filter(None, map(_model_in, get_args(plain))), None) if get_origin(plain) in {dict, tuple} else None


def _plain(annotation: Any) -> Any:
    return _plain(get_args(annotation)[0]) if get_origin(annotation) is Annotated else annotation


def _values(annotation: Any) -> str:
    """In words a person who writes TOML knows."""
    if get_origin(annotation) is Annotated:
        inner, *limits = get_args(annotation)
        return _choices(limits) or ", ".join(filter(None, [_values(inner), *map(_limit, limits)]))
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " or ".join(f"`{part}`" for part in parts)
    if origin in {Union, UnionType}:
        return " or ".join(_values(part) for part in parts if part is not type(None))
    if origin in {tuple, list}:
        return f"list of {_values(parts[0])}"
    if origin is dict:
        return f"table of {_values(parts[1])}"
    return {str: "text", bool: "`true` or `false`", int: "whole number", float: "number"}.get(
        annotation, "time or text"
    )


def _choices(limits: list[object]) -> str:
    checks = (limit.func for limit in limits if isinstance(limit, AfterValidator))
    return " or ".join(f"`{word}`" for check in checks if isinstance(check, OneOf) for word in check.known)


def _limit(limit: object) -> str:
    limits = [limit, *getattr(limit, "metadata", ())]
    known = ((each, name) for each in limits for name in LIMITS if hasattr(each, name))
    return ", ".join(dict.fromkeys(LIMITS[name].format(getattr(each, name)) for each, name in known))


def _value(value: object) -> str:
    if isinstance(value, BaseModel):
        return f"{{ {', '.join(f'{name} = {_value(each)}' for name, each in value)} }}"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else "nothing" if value in (None, {}) else str(value)


def _attributes(kind: type) -> dict[str, str]:
    """What the docstrings of a class and of those it extends say of its attributes; ``a, b: ...`` speaks for both."""
    said: dict[str, str] = {}
    for each in reversed(kind.__mro__):
        _, _, below = inspect.cleandoc(each.__doc__ or "").partition("Attributes:\n")
        found = re.findall(r"^    (\w[\w, ]*): (.*(?:\n {8,}.*)*)", below, flags=re.MULTILINE)
        said |= {name.strip(): _cell(what) for names, what in found for name in names.split(",")}
    return said


def _cell(text: str | None) -> str:
    return re.sub(r"\s+", " ", (text or "")).replace("``", "`").replace("|", "\\|").strip()


def _verbs(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    if not hasattr(command, "commands"):
        yield name, command
        return
    for word, below in sorted(command.commands.items()):
        yield from _verbs(below, f"{name} {word}")


def _help(command: Any) -> str:
    return re.sub(r"(?<!\n)\n(?!\n)", " ", inspect.cleandoc(command.help or ""))


def _options(command: Any) -> str:
    lines = [f"| {_names(option)} | {_cell(option.help)} | {_default(option)} |" for option in command.params]
    return "| option | meaning | default |\n|---|---|---|\n" + "\n".join(lines) + "\n"


def _names(option: Any) -> str:
    if option.param_type_name == "argument":
        return f"`{option.metavar or option.name.upper()}`"
    return ", ".join(f"`{name}`" for name in option.opts)


def _default(option: Any) -> str:
    if option.name == "workers" and option.default:
        return "one for each processor"
    if callable(option.default) or option.default in (None, False, ()):
        return "required" if option.required else ""
    return f"`{option.default}`"


def _below(kind: type[BodycamError]) -> Iterator[type[BodycamError]]:
    for each in kind.__subclasses__():
        if each.__module__ == errors.__name__:
            yield each
            yield from _below(each)


def main() -> None:
    """Write every page."""
    PAGES.mkdir(exist_ok=True)
    for name, write in WRITERS.items():
        (PAGES / name).write_text(write())
        sys.stdout.write(f"docs/reference/{name}\n")


if __name__ == "__main__":
    main()
