"""`bodycam vault show, audit, export, hold, retain, consent, destroy, rotate`: what people do with sealed originals."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bodycam_pipeline.cli.output import AsJson, tell
from bodycam_pipeline.cli.vault import Id, Keys, Reason, VaultAddress, VaultOfRecording
from bodycam_pipeline.custody import retention as custody
from bodycam_pipeline.custody.audit import audit as check_share
from bodycam_pipeline.custody.export import export as hand_out
from bodycam_pipeline.custody.known import facts_of
from bodycam_pipeline.custody.session import VaultSession, open_session
from bodycam_pipeline.durable import write_atomically
from bodycam_pipeline.foreign import read_bytes
from bodycam_pipeline.values.errors import VaultError
from bodycam_pipeline.vault.naming import is_sealed, parse


def add_to(app: typer.Typer) -> None:
    """Register the verbs, in the group that `bodycam vault` has already."""
    group = next(found.typer_instance for found in app.registered_groups if found.name == "vault")
    assert group is not None  # noqa: S101 - it was registered with an instance
    for verb in (show, audit, export, hold, retain, people, consent, destroy, rotate):
        group.command()(verb)
    group.command("lift-holds")(lift_holds)


def show(recording: Id, vault: VaultOfRecording = None, keys: Keys = None, as_json: AsJson = False) -> None:
    """Show what is known of a recording: holds, retention, and with an identity its sealed facts (a logged read)."""
    session, id_ = _at(recording, vault, keys)
    status = session.one(id_)
    facts = {"ingested": status.entry["at"], "holds": status.holds, "retain_until": status.retain_until}
    facts["destroyed"] = status.destroyed
    if not status.destroyed and session.ring.path("identity.txt").exists():
        session.record("read", recording=id_, ingest=status.ingest, purpose="facts")
        facts |= facts_of(session, id_, status)
        facts["written"] = datetime.fromtimestamp(facts["written"], UTC).isoformat(timespec="seconds")
    tell(facts, "\n".join(_line(name, value) for name, value in facts.items()), as_json=as_json)


def _line(name: str, value: object) -> str:
    """One fact as a person reads it."""
    match value:
        case dict() if value:
            return "\n".join([f"{name}:", *(f"  {_line(key, each)}" for key, each in value.items())])
        case list():
            return f"{name}: {'; '.join(map(str, value)) or '-'}"
        case bool():
            return f"{name}: {'yes' if value else 'no'}"
    return f"{name}: {'-' if value is None or value == {} else value}"


def audit(
    vault: VaultAddress,
    keys: Keys = None,
    everything: Annotated[bool, typer.Option("--all", help="All recordings, not this night's share.")] = False,
    opening: Annotated[bool, typer.Option("--open", help="Open them as well (needs an identity).")] = False,
    report: Annotated[Path | None, typer.Option("--report", help="Also write the findings (JSON).")] = None,
    as_json: AsJson = False,
) -> None:
    """Check the log, what is there, and a thirtieth of the recordings; every night, each is read within 30.

    Exit code 0: all is well. 4: something is not.
    """
    seen = check_share(open_session(vault, keys), datetime.now(UTC).date(), everything=everything, opening=opening)
    facts: dict[str, object] = {"state": "not well" if seen.findings else "well", "recordings": seen.recordings}
    facts |= {"read": seen.read, "opened": seen.opened, "findings": [vars(f) for f in seen.findings]}
    if report:
        write_atomically(report, json.dumps(facts, indent=2).encode())
    lines = [f"{finding.where}: {finding.what}" for finding in seen.findings]
    share = "all" if everything else "this night's share"
    total = f"{facts['state']}: {seen.read} of {seen.recordings} recordings read ({share}), {seen.opened} opened"
    tell(facts, "\n".join([*lines, total]), as_json=as_json)
    if seen.findings:
        raise typer.Exit(4)


def export(
    recording: Id,
    to: Annotated[str, typer.Option("--to", help="Who gets it.")],
    reason: Reason,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder that takes ID.export.")] = Path("exports"),
    vault: VaultOfRecording = None,
    keys: Keys = None,
    as_json: AsJson = False,
) -> None:
    """Hand an original out: its exact bytes, with the proof that they are what was taken in."""
    session, id_ = _at(recording, vault, keys)
    folder = hand_out(session, id_, out, to=to, reason=reason)
    sentences = f"exported: {folder}\n(the original, and proof.json, which `bodycam log check-proof` checks)"
    tell({"export": folder}, sentences, as_json=as_json)


def hold(
    recording: Id, reason: Reason, vault: VaultOfRecording = None, keys: Keys = None, as_json: AsJson = False
) -> None:
    """Put a recording under legal hold."""
    session, id_ = _at(recording, vault, keys)
    _on_record(id_, custody.hold(session, id_, reason), "under legal hold", as_json=as_json)


def lift_holds(
    recording: Id, reason: Reason, vault: VaultOfRecording = None, keys: Keys = None, as_json: AsJson = False
) -> None:
    """End the legal holds on a recording."""
    session, id_ = _at(recording, vault, keys)
    _on_record(id_, custody.lift_holds(session, id_, reason), "under no legal hold any more", as_json=as_json)


def retain(
    recording: Id,
    until: Annotated[datetime, typer.Option("--until", formats=["%Y-%m-%d"], help="The last day it is kept.")],
    reason: Reason,
    vault: VaultOfRecording = None,
    keys: Keys = None,
    as_json: AsJson = False,
) -> None:
    """Say until when a recording is kept; the day is only ever moved later."""
    session, id_ = _at(recording, vault, keys)
    day = until.date()
    _on_record(id_, custody.retain(session, id_, day, reason), f"kept until {day}", as_json=as_json)


def people(vault: VaultAddress, keys: Keys = None, as_json: AsJson = False) -> None:
    """Put on record whose consent a destruction needs: those in people/ of the folder of keys."""
    found = custody.people_on_record(open_session(vault, keys))
    tell({"people": found}, "\n".join(found), as_json=as_json)


def consent(
    recording: Id,
    reason: Reason,
    key: Annotated[Path, typer.Option("--key", help="Your own signing key (`bodycam keys new`).")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Where your consent goes.")],
    vault: VaultOfRecording = None,
    keys: Keys = None,
    as_json: AsJson = False,
) -> None:
    """Sign that a recording's key may be destroyed, for this reason."""
    session, id_ = _at(recording, vault, keys)
    write_atomically(out, custody.consent(session, id_, reason, key))
    sentences = f"signed: the key of {id_} may be destroyed: {reason}\nyour consent: {out} (it destroys nothing yet)"
    tell({"recording": id_, "reason": reason, "consent": out}, sentences, as_json=as_json)


def destroy(
    recording: Id,
    reason: Reason,
    consents: Annotated[list[Path], typer.Option("--consent", help="A signed consent; two people's are needed.")],
    vault: VaultOfRecording = None,
    keys: Keys = None,
    as_json: AsJson = False,
) -> None:
    """Destroy the key of a recording whose time has come: nobody will ever open it again. On record first."""
    session, id_ = _at(recording, vault, keys)
    try:
        signed = [read_bytes(path) for path in consents]
    except OSError as error:
        raise VaultError(f"cannot read a consent: {error.strerror}", remedy="Check the path.") from error
    custody.destroy_key(session, id_, reason, signed)
    sentences = f"destroyed: the key of {id_}; nobody can open it any more\ncopies of key.age in backups still open it"
    tell({"state": "destroyed", "recording": id_}, sentences, as_json=as_json)


def rotate(vault: VaultAddress, keys: Keys = None, as_json: AsJson = False) -> None:
    """Wrap every key to those in recipients.txt now; needs an identity that opens them. No sealed byte changes."""
    count = custody.rotate(open_session(vault, keys))
    tell({"keys": count}, f"{count} keys wrapped to the recipients of today", as_json=as_json)


def _on_record(id_: str, entry: int, state: str, *, as_json: bool) -> None:
    tell({"recording": id_, "state": state, "entry": entry}, f"{state}: {id_} (log entry {entry})", as_json=as_json)


def _at(recording: str, vault: str | None, keys: Path | None) -> tuple[VaultSession, str]:
    """The session and the id of a recording: an address names its vault itself."""
    if is_sealed(recording):
        id_ = parse(recording).id
        if id_ is None:
            raise VaultError("this is a vault, not a recording", remedy="Name one: `bodycam vault list` prints them.")
        return open_session(recording, keys), id_
    if vault is None:
        raise VaultError("an id alone names no vault", remedy="Give --vault, or the recording's whole address.")
    return open_session(vault, keys), recording
