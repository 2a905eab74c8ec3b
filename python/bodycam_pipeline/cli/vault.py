"""`bodycam ingest` and `bodycam vault`: recordings in, sealed for good, and what people do with them, on record."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import filesize
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bodycam_pipeline.backlog.stopping import FILE_SECONDS, FILES, KEPT, StopFlag, StopSignalError, catch_stop_signals
from bodycam_pipeline.cli.output import AsJson, tell
from bodycam_pipeline.custody.create import create_vault, new_person
from bodycam_pipeline.custody.facts import read_facts
from bodycam_pipeline.custody.ingest import HeaderReader, Taken, find_files, ingest
from bodycam_pipeline.custody.known import all_facts
from bodycam_pipeline.custody.session import RecordingStatus, VaultSession, open_session
from bodycam_pipeline.custody.watch_folder import WatchFolder
from bodycam_pipeline.durable import write_atomically
from bodycam_pipeline.passes import headers_of
from bodycam_pipeline.running.local import LocalRunner
from bodycam_pipeline.vault.keyring import keyring
from bodycam_pipeline.vault.naming import Sealed, vault_address
from bodycam_pipeline.vault.store import Vault

VaultAddress = Annotated[
    str, typer.Option("--vault", envvar="BODYCAM_VAULT", help="The vault: a folder, or s3://BUCKET/PREFIX.")
]
VaultOfRecording = Annotated[
    str | None,
    typer.Option("--vault", envvar="BODYCAM_VAULT", help="The vault, where RECORDING is an id and no address."),
]
Keys = Annotated[
    Path | None, typer.Option("--keys", envvar="BODYCAM_KEYS", help="This machine's private folder of keys.")
]
Id = Annotated[str, typer.Argument(metavar="RECORDING", help="Its address or id, as `bodycam vault list` prints it.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it goes into the log.")]


def add_to(app: typer.Typer) -> None:
    """Register the verbs."""
    app.command("ingest")(take_in)
    group = typer.Typer(help="Sealed originals: who opens them, what is done with them.", no_args_is_help=True)
    group.command()(create)
    keys = typer.Typer(help="Identities that open recordings.", no_args_is_help=True)
    keys.command("new")(new_identity)
    group.add_typer(keys, name="keys")
    group.command("list")(list_recordings)

    app.add_typer(group, name="vault")


def create(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="A folder, or s3://BUCKET/PREFIX.")],
    origin: Annotated[str, typer.Option("--origin", help="The log's name, as police.example/custody.")],
    log: Annotated[Path | None, typer.Option("--log", help="The log's folder; ADDRESS/log for a folder.")] = None,
    keys: Keys = None,
    as_json: AsJson = False,
) -> None:
    """Create a vault and its custody log; needs recipients.txt in the folder of keys."""
    session = create_vault(Vault(vault_address(address)), keyring(keys), origin, log)
    facts = {"vault": session.vault.address, "log": session.log.folder, "verifier": str(session.log.verifier)}
    sentences = (
        f"vault: {session.vault.address}\nlog:   {session.log.folder}\n"
        f"give this line to the witness and the auditors: {session.log.verifier}"
    )
    tell(facts, sentences, as_json=as_json)


def new_identity(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where the secret goes, for its owner alone.")],
    as_json: AsJson = False,
) -> None:
    """Make an identity that opens recordings; prints the line to seal to (as age-keygen does)."""
    public = new_person(file)
    tell({"identity": file, "recipient": public}, public, as_json=as_json)


def list_recordings(
    vault: VaultAddress,
    keys: Keys = None,
    facts: Annotated[bool, typer.Option("--facts", help="Open names, officers, incidents (a logged read).")] = False,
    as_json: AsJson = False,
) -> None:
    """List the recordings of a vault, as its log tells them."""
    session = open_session(vault, keys)
    recordings = session.recordings()
    known = all_facts(session, recordings) if facts else {}
    rows = [_row(session, id_, one) | ({"facts": known.get(id_)} if facts else {}) for id_, one in recordings.items()]
    lines = ["\n  ".join([_summary(row), *_metadata(known.get(str(row["id"]), {}))]) for row in rows]
    tell({"recordings": rows}, "\n".join(lines) or "nothing was taken in yet", as_json=as_json)


def _row(session: VaultSession, id_: str, status: RecordingStatus) -> dict[str, object]:
    return {
        "id": id_,
        "address": str(Sealed(session.vault.address, id_)),
        "sealed_bytes": status.entry["sealed_bytes"],
        "at": status.entry["at"],
        "holds": status.holds,
        "retain_until": status.retain_until,
        "destroyed": status.destroyed,
    }


def _summary(row: Mapping[str, object]) -> str:
    state = [word for word, shown in (("on hold", row["holds"]), ("destroyed", row["destroyed"])) if shown]
    state += [f"kept until {row['retain_until']}"] if row["retain_until"] else []
    size = filesize.decimal(int(str(row["sealed_bytes"])))
    return "  ".join([str(row["at"]), f"{size:>10}", str(row["address"]), *state])


def _metadata(facts: Mapping[str, Any]) -> list[str]:
    """What people look for a recording by."""
    shown = {name: facts[name] for name in ("file", "damaged") if name in facts} | facts.get("metadata", {})
    return ["  ".join(f"{name}: {value}" for name, value in shown.items())] if shown else []


def take_in(
    files: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files, cards, folders.")],
    vault: VaultAddress,
    keys: Keys = None,
    facts: Annotated[Path | None, typer.Option("--facts", help="Officer, unit, incident … (CSV, JSON).")] = None,
    report: Annotated[Path | None, typer.Option("--report", help="Also write what became of each file (JSON).")] = None,
    watch: Annotated[float | None, typer.Option("--watch", min=1, help="Look again every so many seconds.")] = None,
    as_json: AsJson = False,
) -> None:
    """Seal recordings into the vault; the sources are only read. Run again: nothing is stored twice.

    Exit code 0: every file is in the vault. 4: some are not. 130, 143: stopped.
    """
    session = open_session(vault, keys)

    def once(paths: list[Path], stop: StopFlag, read_headers: HeaderReader) -> list[Taken]:
        listed = read_facts(facts) if facts else {}
        done: list[Taken] = []
        with _bar(len(paths), as_json=as_json) as tick, suppress(StopSignalError):

            def watch(one: Taken) -> None:
                done.append(one)
                tick(one)

            ingest(session, takewhile(lambda _path: not stop(), paths), listed, watch, read_headers)
        return done

    found = list(find_files(files))
    if watch is not None:
        sys.stderr.write(f"watching for files that have stopped growing, every {watch:g} s; Ctrl-C ends it\n")
    taken: list[Taken] = []
    with LocalRunner(1) as runner, catch_stop_signals(FILES, FILE_SECONDS) as stop:
        read_headers = partial(headers_of, runner)
        for paths in [found] if watch is None else _rounds(WatchFolder(files), watch, stop):
            new = once(paths, stop, read_headers)
            taken += new
            _tell_taken(new, as_json=as_json)
            if report:
                write_atomically(report, json.dumps({"files": [one.as_json() for one in taken]}, indent=2).encode())
    if stop() and (watch is not None or len(taken) < len(found)):
        sys.stderr.write(KEPT)
        raise typer.Exit(stop.exit_code)
    if any(one.state == "failed" for one in taken):
        raise typer.Exit(4)


def _rounds(watch_folder: WatchFolder, seconds: float, stop: StopFlag) -> Iterator[list[Path]]:
    """What has settled, look by look; ends when somebody asks for it."""
    while not stop():
        if settled := watch_folder.settled():
            yield settled
        stop.wait(seconds)


@contextmanager
def _bar(files: int, *, as_json: bool) -> Iterator[Callable[[Taken], None]]:
    console = Console(stderr=True)
    if as_json or not console.is_terminal:
        yield lambda _one: None
        return
    columns = (TextColumn("sealing"), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.fields[rate]}"))
    with Progress(*columns, console=console) as progress:
        task, sizes = progress.add_task("", total=files, rate=""), [0.0, 0.0]

        def tick(one: Taken) -> None:
            sizes[0] += one.size_bytes
            sizes[1] += one.seconds
            progress.update(task, advance=1, rate=f"{sizes[0] / max(sizes[1], 1e-9) / 1e6:.0f} MB/s")

        yield tick


def _tell_taken(taken: list[Taken], *, as_json: bool) -> None:
    lines = [f"{one.state:<13} {one.file}  {one.address}{'  ' + one.why if one.why else ''}" for one in taken]
    counts = {state: sum(one.state == state for one in taken) for state in ("stored", "already there", "failed")}
    facts: dict[str, object] = {"files": [one.as_json() for one in taken]}
    tell(facts | counts, "\n".join([*lines, ", ".join(f"{n} {s}" for s, n in counts.items())]), as_json=as_json)
