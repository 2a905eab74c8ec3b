"""`bodycam log`: the custody log, for those who keep it and for those who check it from outside."""

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from bodycam_pipeline.cli.output import AsJson, tell
from bodycam_pipeline.cli.vault import Keys
from bodycam_pipeline.custody.session import open_session
from bodycam_pipeline.foreign import parse_json, read_bytes
from bodycam_pipeline.values.errors import CustodyLogError, VaultError
from bodycam_pipeline.vault.log import CustodyLog, Proof
from bodycam_pipeline.vault.naming import is_sealed, parse
from bodycam_pipeline.vault.note import Verifier
from bodycam_pipeline.vault.witness import witness as compare

Folder = Annotated[Path | None, typer.Option("--log", help="The log's folder, or a copy of it; instead of --vault.")]
Key = Annotated[str | None, typer.Option("--verifier", help="The log's key line; instead of --keys.")]
VaultOption = Annotated[str | None, typer.Option("--vault", envvar="BODYCAM_VAULT", help="The vault.")]


_OF_ALL = {"read", "rotation"}
"""Events that concern every recording where they name none."""


def add_to(app: typer.Typer) -> None:
    """Register the verbs."""
    group = typer.Typer(help="The custody log: show, prove, verify, witness.", no_args_is_help=True)
    group.command()(show)
    group.command()(prove)
    group.command("check-proof")(check_proof)
    group.command()(verify)
    group.command()(witness)
    app.add_typer(group, name="log")


def show(
    recording: Annotated[str | None, typer.Argument(help="Only what concerns this recording.")] = None,
    vault: VaultOption = None,
    keys: Keys = None,
    log: Folder = None,
    verifier: Key = None,
    as_json: AsJson = False,
) -> None:
    """Print the entries, after holding them to the signed root."""
    wanted = parse(recording).id if recording and is_sealed(recording) else recording
    entries = [
        {"entry": number} | entry
        for number, entry in _log(vault, keys, log, verifier).entries()
        if wanted in {None, entry.get("recording")} or (entry["event"] in _OF_ALL and "recording" not in entry)
    ]
    lines = [f"{e['entry']:>6}  {e['at']}  {e['by']}  {e['event']}  {_rest(e)}" for e in entries]
    tell({"entries": entries}, "\n".join(lines), as_json=as_json)


def prove(
    entry: Annotated[int, typer.Argument(help="The entry's number.")],
    vault: VaultOption = None,
    keys: Keys = None,
    log: Folder = None,
    verifier: Key = None,
) -> None:
    """Print a proof that an entry is in the log (JSON), for anybody who has the log's key line."""
    proof = _log(vault, keys, log, verifier).proof(entry)
    tell(proof.as_json(), "", as_json=True)


def check_proof(
    proof: Annotated[Path, typer.Argument(help="What `bodycam log prove` printed.")],
    verifier: Annotated[str, typer.Option("--verifier", help="The log's key line, from a source you trust.")],
    part: Annotated[str | None, typer.Option("--part", help="Of an export's proof.json: ingest or export.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check such a proof; needs neither the log nor the vault."""
    try:
        given = parse_json(read_bytes(proof))
        chosen = given[part] if part else given
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CustodyLogError(
            f"cannot read {proof}: {error}", remedy="Give what `bodycam log prove` printed."
        ) from error
    found = Proof.parse(chosen)
    found.check(Verifier.parse(verifier))
    entry = found.entry.decode()
    tell({"state": "proved", "entry": json.loads(entry)}, f"proved: {entry}", as_json=as_json)


def verify(
    vault: VaultOption = None, keys: Keys = None, log: Folder = None, verifier: Key = None, as_json: AsJson = False
) -> None:
    """Hold every entry and every tile to the signed root."""
    checked = _log(vault, keys, log, verifier)
    entries, top = len(checked.verify_entries()), checked.checkpoint()
    facts = {"state": "verified", "origin": top.origin, "entries": entries, "root": base64.b64encode(top.root).decode()}
    sentences = f"verified: {entries} entries of {top.origin}, root {facts['root']}"
    tell(facts, f"{sentences}\n(that none were taken away at the end, only the witness can tell)", as_json=as_json)


def witness(
    kept: Annotated[Path, typer.Option("--kept", help="Where the last checkpoint is kept: the witness's own disk.")],
    vault: VaultOption = None,
    keys: Keys = None,
    log: Folder = None,
    verifier: Key = None,
    as_json: AsJson = False,
) -> None:
    """Accept a log only if it grew out of the checkpoint that was kept, and keep its new one."""
    old, new = compare(_log(vault, keys, log, verifier), kept)
    facts = {"state": "accepted", "before": old.size if old else None, "entries": new.size, "kept": kept}
    since = "is kept from now on"
    if old:
        grown = new.size - old.size
        since = f"holds the {old.size} that were kept, and {grown} more" if grown else "is the one that was kept"
    tell(facts, f"accepted: the log of {new.size} entries {since}", as_json=as_json)


def _log(vault: str | None, keys: Path | None, folder: Path | None, verifier: str | None) -> CustodyLog:
    if folder is not None:
        if verifier is None:
            raise VaultError("a log alone needs its key line", remedy="Give --verifier, from a source you trust.")
        return CustodyLog(folder, Verifier.parse(verifier))
    if vault is None:
        raise VaultError("no log is named", remedy="Give --vault, or --log and --verifier.")
    return open_session(vault, keys).log


def _rest(entry: Mapping[str, object]) -> str:
    return "  ".join(f"{key}={value}" for key, value in entry.items() if key not in {"entry", "at", "by", "event"})
