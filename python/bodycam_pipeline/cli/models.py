"""`bodycam models`: which detectors there are, whether they are what was measured, and how others are registered."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, cast, get_args
from urllib.parse import unquote, urlsplit

import typer

from bodycam_pipeline.addresses.download import ExpectedFile, download
from bodycam_pipeline.cli.output import AsJson, tell
from bodycam_pipeline.values.detection import Kind, check_kind
from bodycam_pipeline.values.errors import BodycamError, MissingModelError
from bodycam_pipeline.values.model import HEADS, Model, Role
from bodycam_pipeline.vision.adding import Channels, Colours, Registration, add_model, fetch_model
from bodycam_pipeline.vision.entries import ModelEntry
from bodycam_pipeline.vision.model_file import MAX_BYTES
from bodycam_pipeline.vision.providers import installed_providers
from bodycam_pipeline.vision.registry import find_model, list_models, public_models
from bodycam_pipeline.vision.trial import try_model

ROLES: tuple[Role, ...] = get_args(Role)


def add_to(app: typer.Typer) -> None:
    """Register the verbs."""
    group = typer.Typer(help="Detectors: list, check, add, fetch.", no_args_is_help=True)
    group.command("list")(list_registered)
    group.command("check")(check)
    group.command("add")(add)
    group.command("fetch")(fetch)
    app.add_typer(group, name="models")


def list_registered(as_json: AsJson = False) -> None:
    """List the registered detectors, those that can be fetched, and what this machine can compute them with."""
    rows = [_row(name) for name in list_models()]
    columns = (("name", 16), ("head", 14), ("kinds", 12), ("role", 8), ("licence", 12), ("state", 0))
    lines = [" ".join(f"{row[name]:<{width}}" for name, width in columns) for row in rows]
    absent = [name for name in public_models() if name not in list_models()]
    lines += [f"can be fetched: {', '.join(absent)}"] if absent else []
    providers = installed_providers()
    sentences = "\n".join([*lines, f"execution providers: {', '.join(providers)}"])
    tell({"models": rows, "public": absent, "providers": providers}, sentences, as_json=as_json)


def check(
    name: Annotated[str, typer.Argument(help="A registered name, a file, or package:DISTRIBUTION/FILE.")],
    as_json: AsJson = False,
) -> None:
    """Check one detector: there, unchanged, safe to load, and running as its head does, within limits."""
    model = find_model(name)
    try_model(model)
    _tell_model(model, as_json=as_json)


def add(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An ONNX file.")],
    name: Annotated[str, typer.Option(help="What to call it: small letters, digits, dots, dashes.")],
    licence: Annotated[str, typer.Option(help="Of the weights (SPDX), for the manifest.")],
    head: Annotated[str | None, typer.Option(help=f"One of {', '.join(HEADS)}; else told from the graph.")] = None,
    kind: Annotated[list[str] | None, typer.Option(metavar="CLASS=KIND", help="For YOLO: 0=face. Repeat it.")] = None,
    high: Annotated[
        list[str] | None, typer.Option(metavar="KIND=SCORE", help="From here a track may begin. Repeat it.")
    ] = None,
    low: Annotated[
        list[str] | None, typer.Option(metavar="KIND=SCORE", help="Down to here it may continue. Repeat it.")
    ] = None,
    channels: Annotated[str | None, typer.Option(help="rgb or bgr.")] = None,
    mean: Annotated[str | None, typer.Option(metavar="R,G,B", help="Subtracted from colours 0..255.")] = None,
    factor: Annotated[str | None, typer.Option(metavar="R,G,B", help="Multiplied after that.")] = None,
    source: Annotated[str | None, typer.Option(help="Where the weights come from.")] = None,
    role: Annotated[str, typer.Option(help="detector or auditor.")] = "detector",
    as_json: AsJson = False,
) -> None:
    """Register a detector of one's own: checked as a shipped one is, tried, and copied. Never replaces one."""
    said = Registration(
        name=name,
        licence=licence,
        source=source or f"added from {file.name}",
        head=_one_of(head, HEADS, "--head"),
        classes={_number(each): _kind(of, "--kind") for each, of in _pairs(kind, "--kind")},
        high={_kind(each, "--high"): _score(score) for each, score in _pairs(high, "--high")},
        low={_kind(each, "--low"): _score(score) for each, score in _pairs(low, "--low")},
        channels=cast("Channels | None", _one_of(channels, get_args(Channels), "--channels")),
        mean=_colours(mean, "--mean"),
        factor=_colours(factor, "--factor"),
        role=cast("Role", _one_of(role, ROLES, "--role")),
    )
    _tell_model(add_model(file, said), as_json=as_json)


def fetch(
    what: Annotated[str, typer.Argument(metavar="NAME|ADDRESS", help="A public model, or an http(s) or file address.")],
    sha256: Annotated[str | None, typer.Option(help="Of the file at that address, hex.")] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="For an address: the folder that takes the file.")] = Path(),
    as_json: AsJson = False,
) -> None:
    """Fetch a model; nothing gets its name before its SHA-256 is right."""
    if "://" not in what:
        _tell_model(fetch_model(_public(what)), as_json=as_json)
        return
    if sha256 is None or len(sha256) != 64:
        raise typer.BadParameter("an address needs the SHA-256 of its file", param_hint="--sha256")
    path = out / (Path(unquote(urlsplit(what).path)).name or "model.onnx")
    fetched = download(ExpectedFile(what, sha256.lower(), MAX_BYTES), path)
    state = "fetched and verified" if fetched else "is there already, as promised"
    sentences = f"{path}: {state}\nregister it: bodycam models add {path} --name NAME --licence LICENCE"
    tell({"file": path, "sha256": sha256.lower(), "fetched": fetched}, sentences, as_json=as_json)


def _public(name: str) -> ModelEntry:
    known = public_models()
    if name not in known:
        raise MissingModelError(
            f"no public model '{name}' is listed",
            remedy=f"Name one of {', '.join(known)}, or give an address and its --sha256.",
        )
    return known[name]


def _tell_model(model: Model, *, as_json: bool) -> None:
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


def _one_of(word: str | None, known: Sequence[str], option: str) -> str | None:
    if word is not None and word not in known:
        raise typer.BadParameter(f"'{word}' is none of {', '.join(known)}", param_hint=option)
    return word


def _pairs(said: list[str] | None, option: str) -> list[tuple[str, str]]:
    pairs = [(left, right) for left, equals, right in (each.partition("=") for each in said or []) if equals]
    if len(pairs) != len(said or []) or len(dict(pairs)) != len(pairs):
        raise typer.BadParameter("write each once, as THIS=THAT", param_hint=option)
    return pairs


def _kind(word: str, option: str) -> Kind:
    try:
        return check_kind(word)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None


def _number(word: str) -> int:
    if not word.isdecimal():
        raise typer.BadParameter(f"'{word}' is no class index", param_hint="--kind")
    return int(word)


def _score(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        raise typer.BadParameter(f"'{word}' is no score", param_hint="--high, --low") from None


def _colours(text: str | None, option: str) -> Colours | None:
    if text is None:
        return None
    try:
        red, green, blue = (float(each) for each in text.split(","))
    except ValueError:
        raise typer.BadParameter(f"'{text}' is not three numbers, as in 0,0,0", param_hint=option) from None
    return red, green, blue
