"""What is known of recordings opens for those who may, on record, and only as it was sealed."""

import json
from pathlib import Path
from typing import Any

import pytest

from bodycam_pipeline.custody.ingest import ingest
from bodycam_pipeline.custody.known import all_facts, facts_of
from bodycam_pipeline.custody.session import VaultSession
from bodycam_pipeline.values.errors import SealBrokenError, VaultError
from bodycam_pipeline.vault.naming import parse
from bodycam_pipeline.vault.store import FACTS
from tests.clips import clip
from tests.custody.test_jobs import bodycam
from tests.inline import look_here


@pytest.fixture
def ids(session: VaultSession, tmp_path: Path) -> list[str]:
    files = [clip(tmp_path / f"{n}.mp4", frames=3 + n) for n in range(2)]
    listed = {"0.mp4": {"officer": "A. Officer"}}
    return [str(parse(one.address).id) for one in ingest(session, files, listed, lambda _one: None, look_here)]


def facts_file(session: VaultSession, id_: str) -> Path:
    return Path(session.vault.address) / "recordings" / id_[:2] / id_ / FACTS


def test_a_list_tells_names_and_officers_and_that_stands_in_the_log(session: VaultSession, ids: list[str]) -> None:
    rows = bodycam("vault", "list", "--vault", session.vault.address, "--facts")["recordings"]
    assert [(row["id"], row["facts"]["file"]) for row in rows] == [(ids[0], "0.mp4"), (ids[1], "1.mp4")]  # type: ignore[attr-defined]
    assert rows[0]["facts"]["metadata"] == {"officer": "A. Officer"}  # type: ignore[index]
    last = [entry for _, entry in session.log.entries()][-1]
    assert (last["event"], last["recordings"]) == ("read", 2)
    shown = bodycam("log", "show", ids[1], "--vault", session.vault.address)["entries"]
    assert [entry["event"] for entry in shown] == ["intent", "ingest", "read"]  # type: ignore[attr-defined]


def test_facts_that_an_earlier_version_sealed_are_read_under_the_names_of_now(
    session: VaultSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    former = {"metadata": "told", "headers": "seen"}

    def dumps(facts: dict[str, object], **options: Any) -> str:
        return encode({former.get(name, name): value for name, value in facts.items()}, **options)

    encode, file = json.dumps, clip(tmp_path / "a.mp4", frames=3)
    with monkeypatch.context() as patched:
        patched.setattr(json, "dumps", dumps)
        (one,) = ingest(session, [file], {"a.mp4": {"unit": "7"}}, lambda _one: None, look_here)
    recordings = session.recordings()
    known = facts_of(session, str(parse(one.address).id), *recordings.values())
    assert known["metadata"] == {"unit": "7"}
    assert known["headers"]["tracks"] == ["video h264, 3 listed"]
    assert not {"told", "seen"} & set(known)


def test_who_has_no_identity_reads_nothing_and_leaves_no_entry(session: VaultSession, ids: list[str]) -> None:
    session.ring.path("identity.txt").unlink()
    with pytest.raises(VaultError, match=r"identity\.txt"):
        all_facts(session, session.recordings())
    assert [entry["event"] for _, entry in session.log.entries()] == ["created", *["intent", "ingest"] * len(ids)]


def test_facts_of_another_recording_are_refused_and_one_damaged_file_hides_no_other(
    session: VaultSession, ids: list[str]
) -> None:
    held, (one, two) = session.recordings(), (facts_file(session, id_) for id_ in ids)
    one.write_bytes(two.read_bytes())
    with pytest.raises(SealBrokenError, match="not those that were sealed"):
        facts_of(session, ids[0], held[ids[0]])
    known = all_facts(session, held)
    assert (list(known[ids[0]]), known[ids[1]]["file"]) == (["damaged"], "1.mp4")
    one.unlink()
    with pytest.raises(SealBrokenError, match="not there"):
        facts_of(session, ids[0], held[ids[0]])
