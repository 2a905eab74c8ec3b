"""`bodycam vault show, audit, export, hold, retain, consent, destroy, rotate`: what people do with sealed originals."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from bodycam_pipeline.cli.output import AsJson, tell
from bodycam_pipeline.cli.vault import Id, Keys, Reason, VaultAddress
from bodycam_pipeline.custody import keeping
from bodycam_pipeline.custody.audit import audit as check_share
from bodycam_pipeline.custody.desk import Desk, desk_at
from bodycam_pipeline.custody.export import export as hand_out
from bodycam_pipeline.durable import write_atomically
from bodycam_pipeline.values.errors import VaultError
from bodycam_pipeline.vault.naming import is_sealed, parse
from bodycam_pipeline.vault.opening import open_key
from bodycam_pipeline.vault.store import FACTS


def add_to(app: typer.Typer) -> None:
    """Register the verbs, in the group that `bodycam vault` has already."""
    group = next(found.typer_instance for found in app.registered_groups if found.name == "vault")
    assert group is not None  # noqa: S101 - it was registered with an instance
    for verb in (show, audit, export, hold, retain, people, consent, destroy, rotate):
        group.command()(verb)
    group.command("lift-holds")(lift_holds)


def show(recording: Id, vault: VaultAddress, keys: Keys = None, as_json: AsJson = False) -> None:
    """Show what is known of a recording: holds, retention, and with an identity its sealed facts (a logged read)."""
    desk, id_ = _at(recording, vault, keys)
    held = desk.one(id_)
    facts = {"ingested": held.entry["at"], "holds": held.holds, "retain_until": held.retain_until}
    facts["destroyed"] = held.destroyed
    if not held.destroyed and desk.ring.path("identity.txt").exists():
        desk.record("read", recording=id_, ingest=held.ingest, purpose="facts")
        facts |= json.loads(open_key(desk.vault, id_, desk.ring).open_bytes(desk.vault.read(id_, FACTS)))
    tell(facts, "\n".join(f"{name}: {value}" for name, value in facts.items()), as_json=as_json)


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
    seen = check_share(desk_at(vault, keys), datetime.now(UTC).date(), everything=everything, opening=opening)
    facts: dict[str, object] = {"state": "not well" if seen.findings else "well", "recordings": seen.recordings}
    facts |= {"read": seen.read, "opened": seen.opened, "findings": [vars(f) for f in seen.findings]}
    if report:
        write_atomically(report, json.dumps(facts, indent=2).encode())
    lines = [f"{finding.where}: {finding.what}" for finding in seen.findings]
    total = f"{facts['state']}: {seen.read} of {seen.recordings} recordings read, {seen.opened} opened"
    tell(facts, "\n".join([*lines, total]), as_json=as_json)
    if seen.findings:
        raise typer.Exit(4)


def export(
    recording: Id,
    vault: VaultAddress,
    to: Annotated[str, typer.Option("--to", help="Who gets it.")],
    reason: Reason,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder that takes ID.export.")] = Path("exports"),
    keys: Keys = None,
    as_json: AsJson = False,
) -> None:
    """Hand an original out: its exact bytes, with the proof that they are what was taken in."""
    desk, id_ = _at(recording, vault, keys)
    folder = hand_out(desk, id_, out, to=to, reason=reason)
    tell({"export": folder}, f"exported: {folder}", as_json=as_json)


def hold(recording: Id, vault: VaultAddress, reason: Reason, keys: Keys = None) -> None:
    """Put a recording under legal hold."""
    keeping.hold(*_at(recording, vault, keys), reason)


def lift_holds(recording: Id, vault: VaultAddress, reason: Reason, keys: Keys = None) -> None:
    """End the legal holds on a recording."""
    keeping.lift_holds(*_at(recording, vault, keys), reason)


def retain(
    recording: Id,
    vault: VaultAddress,
    until: Annotated[datetime, typer.Option("--until", formats=["%Y-%m-%d"], help="The last day it is kept.")],
    reason: Reason,
    keys: Keys = None,
) -> None:
    """Say until when a recording is kept; the day is only ever moved later."""
    keeping.retain(*_at(recording, vault, keys), date(until.year, until.month, until.day), reason)


def people(vault: VaultAddress, keys: Keys = None, as_json: AsJson = False) -> None:
    """Put on record whose consent a destruction needs: those in people/ of the folder of keys."""
    found = keeping.people_on_record(desk_at(vault, keys))
    tell({"people": found}, "\n".join(found), as_json=as_json)


def consent(
    recording: Id,
    vault: VaultAddress,
    reason: Reason,
    key: Annotated[Path, typer.Option("--key", help="Your own signing key (`bodycam keys new`).")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Where your consent goes.")],
    keys: Keys = None,
) -> None:
    """Sign that a recording's key may be destroyed, for this reason."""
    desk, id_ = _at(recording, vault, keys)
    write_atomically(out, keeping.consent(desk, id_, reason, key))


def destroy(
    recording: Id,
    vault: VaultAddress,
    reason: Reason,
    consents: Annotated[list[Path], typer.Option("--consent", help="A signed consent; two people's are needed.")],
    keys: Keys = None,
) -> None:
    """Destroy the key of a recording whose time has come: nobody will ever open it again. On record first."""
    desk, id_ = _at(recording, vault, keys)
    try:
        signed = [path.read_bytes() for path in consents]
    except OSError as error:
        raise VaultError(f"cannot read a consent: {error.strerror}", remedy="Check the path.") from error
    keeping.destroy_key(desk, id_, reason, signed)


def rotate(vault: VaultAddress, keys: Keys = None, as_json: AsJson = False) -> None:
    """Wrap every key to those in recipients.txt now; needs an identity that opens them. No sealed byte changes."""
    count = keeping.rotate(desk_at(vault, keys))
    tell({"keys": count}, f"{count} keys wrapped to the recipients of today", as_json=as_json)


def _at(recording: str, vault: str, keys: Path | None) -> tuple[Desk, str]:
    desk = desk_at(vault, keys)
    return desk, str(parse(recording).id) if is_sealed(recording) else recording
