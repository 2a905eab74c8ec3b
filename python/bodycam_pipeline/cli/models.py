"""`bodycam models`: which detectors there are, and whether their files are the ones that were measured."""

from pathlib import Path
from typing import Annotated

import typer

from bodycam_pipeline.cli.output import AsJson, tell
from bodycam_pipeline.values.errors import BodycamError
from bodycam_pipeline.values.model import Model
from bodycam_pipeline.vision.providers import installed_providers
from bodycam_pipeline.vision.registry import find_model, list_models


def add_to(app: typer.Typer) -> None:
    """Register the verbs."""
    group = typer.Typer(help="Detectors: list, check.", no_args_is_help=True)
    group.command("list")(list_registered)
    group.command("check")(check)
    app.add_typer(group, name="models")


def list_registered(as_json: AsJson = False) -> None:
    """List the registered detectors, and what this machine can compute them with."""
    rows = [_row(name) for name in list_models()]
    columns = (("name", 16), ("head", 12), ("kinds", 12), ("role", 8), ("licence", 12), ("state", 0))
    lines = [" ".join(f"{row[name]:<{width}}" for name, width in columns) for row in rows]
    providers = installed_providers()
    sentences = "\n".join([*lines, f"execution providers: {', '.join(providers)}"])
    tell({"models": rows, "providers": providers}, sentences, as_json=as_json)


def check(
    name: Annotated[str, typer.Argument(help="A registered name, a file, or package:DISTRIBUTION/FILE.")],
    as_json: AsJson = False,
) -> None:
    """Check one detector: there, unchanged, safe to load."""
    model = find_model(name)
    facts = _facts(model)
    tell(facts, "\n".join(f"{name:<8} {value}" for name, value in facts.items()), as_json=as_json)


def _row(name: str) -> dict[str, str]:
    try:
        return _facts(find_model(name)) | {"state": "ready"}
    except BodycamError as error:
        empty = dict.fromkeys(("head", "kinds", "role", "licence", "sha256", "file"), "?")
        return {"name": name} | empty | {"state": f"{error.what}. {error.remedy}"}


def _facts(model: Model) -> dict[str, str]:
    return {
        "name": model.name,
        "head": model.head,
        "kinds": ",".join(model.kinds),
        "role": model.role,
        "licence": model.licence,
        "sha256": model.sha256,
        "file": str(Path(model.path)),
    }
