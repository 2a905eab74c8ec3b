"""Files of others that were made to stop the work: each is refused alone, at once, in words."""

import json
import os
import random
import resource
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bodycam_pipeline import foreign
from bodycam_pipeline.custody.facts import read_facts
from bodycam_pipeline.custody.ingest import find_files, ingest
from bodycam_pipeline.custody.session import VaultSession
from bodycam_pipeline.evidence.edits_file import read_edits
from bodycam_pipeline.evidence.policy_file import read_policy
from bodycam_pipeline.measuring.labels.find import find_datasets
from bodycam_pipeline.schemes import open_recording
from bodycam_pipeline.values.errors import BodycamError, EditsError, PolicyError, UnreadableRecordingError
from tests.attacks.fuzzing import STORMS, mutated, storm
from tests.clips import clip
from tests.inline import look_here

MOST_SECONDS = 3.0
MOST_GROWTH_KIB = 300 << 10
DEEP = "[" * 100_000
LONG_KEY = ".".join("a" * 200_000) + " = 1"


def pipe(path: Path) -> None:
    os.mkfifo(path)


def endless(path: Path) -> None:
    path.touch()
    os.truncate(path, 1 << 40)


def text(content: str) -> Callable[[Path], None]:
    return lambda path: path.write_text(content) and None


def link_to_zeros(path: Path) -> None:
    path.symlink_to("/dev/zero")


BESIDE = {
    "brackets": text(DEEP),
    "objects": text('{"officer": ' * 50_000),
    "a list": text("[1, 2]"),
    "a number": text("7"),
    "a deep value": text('{"officer": ' + "[" * 100 + "]" * 100 + "}"),
    "a long number": text('{"officer": ' + "9" * 100_000 + "}"),
    "a pipe": pipe,
    "a terabyte": endless,
    "a device": link_to_zeros,
    "no text": lambda path: path.write_bytes(b'{"officer": "\xff"}') and None,
}


@pytest.mark.parametrize("name", BESIDE)
def test_what_lies_beside_a_recording_fails_that_one_alone(name: str, session: VaultSession, tmp_path: Path) -> None:
    (tmp_path / "dock").mkdir()
    clip(tmp_path / "dock" / "a.mp4", frames=3)
    clip(tmp_path / "dock" / "b.mp4", frames=4)
    BESIDE[name](tmp_path / "dock" / "a.mp4.json")
    with _cheap():
        taken = ingest(session, find_files([tmp_path / "dock"]), {}, lambda _one: None, look_here)
    assert {one.file: one.state for one in taken} == {"a.mp4": "failed", "b.mp4": "stored"}


@pytest.mark.parametrize("name", sorted({*BESIDE} - {"a list", "a number"}))
def test_a_list_of_facts_is_refused_in_words(name: str, tmp_path: Path) -> None:
    BESIDE[name](tmp_path / "facts.json")
    with _cheap(), pytest.raises(BodycamError, match=r"facts\.json"):
        read_facts(tmp_path / "facts.json")


@pytest.mark.parametrize("content", ["[1, 2]", "7", '"text"', "null", '[{"file": ["a"], "unit": {"a": [1]}}, 3]'])
def test_a_list_that_lists_no_files_is_refused_in_words(content: str, tmp_path: Path) -> None:
    (tmp_path / "facts.json").write_text(content)
    with pytest.raises(BodycamError, match=r"facts\.json"):
        read_facts(tmp_path / "facts.json")


@pytest.mark.parametrize("make", [pipe, link_to_zeros], ids=["a pipe", "a device"])
def test_what_is_no_file_is_no_recording(make: Callable[[Path], None], session: VaultSession, tmp_path: Path) -> None:
    (tmp_path / "dock").mkdir()
    make(tmp_path / "dock" / "a.mp4")
    clip(tmp_path / "dock" / "b.mp4", frames=4)
    with _cheap():
        with pytest.raises(UnreadableRecordingError, match="it is no file but"):
            open_recording(str(tmp_path / "dock" / "a.mp4"))
        taken = ingest(session, find_files([tmp_path / "dock"]), {}, lambda _one: None, look_here)
    assert {one.file: one.state for one in taken} == {"a.mp4": "failed", "b.mp4": "stored"}


TOML = {
    "brackets": text(f"name = {DEEP}"),
    "tables": text("name = " + "{a = " * 50_000),
    "a long name": text(LONG_KEY),
    "a long header": text("[" + ".".join("a" * 200_000) + "]"),
    "a long quoted name": text('"a".' * 200_000 + "b = 1"),
    "a pipe": pipe,
    "a terabyte": endless,
}


@pytest.mark.parametrize("name", TOML)
def test_a_policy_and_decisions_are_refused_in_words(name: str, tmp_path: Path) -> None:
    TOML[name](tmp_path / "a.toml")
    with _cheap(), pytest.raises(PolicyError, match=r"a\.toml"):
        read_policy(tmp_path / "a.toml")
    with _cheap(), pytest.raises(EditsError, match=r"a\.toml"):
        read_edits(tmp_path / "a.toml")


LAUGHS = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
LABELS: dict[str, Callable[[Path], None]] = {
    "data.yaml": text(f"names: {DEEP}"),
    "data.yaml of aliases": text(f"{LAUGHS}names: *a11\n"),
    "data.yaml of blocks": text("".join(" " * n + "a:\n" for n in range(300))),
    "data.yaml of a pipe": pipe,
    "classes.txt of a terabyte": endless,
    "labels.json": text(DEEP),
    "labels.json of a pipe": pipe,
    "a.xml": text("<annotation>" + "<a>" * 200_000),
    "a.xml of entities": text('<!DOCTYPE a [<!ENTITY x "lol">]><a>&x;</a>'),
    "a.xml of a terabyte": endless,
}


@pytest.mark.parametrize("name", LABELS)
def test_labels_are_refused_in_words(name: str, tmp_path: Path) -> None:
    LABELS[name](tmp_path / name.split(maxsplit=1)[0])
    with _cheap(), pytest.raises(BodycamError):
        find_datasets(tmp_path, {})


def test_what_people_write_is_read(tmp_path: Path) -> None:
    assert foreign.parse_toml('name = "1.2.3"\n[hide.face]\nreason = "s. 14 (1) [a]"\nx = 1.5\n')["name"] == "1.2.3"
    assert foreign.parse_yaml("names: [face, plate]\nnc: 2\n") == {"names": ["face", "plate"], "nc": 2}
    assert foreign.parse_json(json.dumps({"a": ["[" * 500]})) == {"a": ["[" * 500]}
    assert foreign.parse_xml(b"<a><b>1</b></a>").findtext("b") == "1"
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbfmark")
    assert foreign.read_text(tmp_path / "a") == "mark"


@pytest.mark.parametrize("seconds", STORMS)
def test_a_storm_of_texts(seconds: float, tmp_path: Path) -> None:
    policy = b'name = "x"\n[hide.face]\nreason = "s. 14(1)"\ncode = "14"\n[redaction]\nstyle = "fill"\ncodes = true\n'
    edits = b'[[hide]]\nkind = "face"\nreason = "x"\nby = "y"\nkeyframes = [{ at = "0.5", box = [1, 2, 3, 4] }]\n'
    facts = b'[{"file": "a.mp4", "officer": "A. Marker", "started": "2026-11-28T12:00:00"}]'

    def blow(rng: random.Random) -> None:
        kind, content, read = rng.choice(
            (
                ("a.toml", policy, read_policy),
                ("b.toml", edits, read_edits),
                ("c.json", facts, read_facts),
                ("d.csv", b"file,officer,unit\na.mp4,A,7\n", read_facts),
            )
        )
        path = tmp_path / kind
        path.write_bytes(mutated(rng, content))
        read(path)

    assert storm(seconds, 0.5, blow) > 100


class _cheap:  # noqa: N801 - reads as what it asks for
    """The block may compute so long, wait as a busy machine has it wait, and make the process so much larger."""

    def __enter__(self) -> None:
        self._began, self._computed = time.monotonic(), time.process_time()
        self._had = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def __exit__(self, *_raised: object) -> None:
        assert time.process_time() - self._computed < MOST_SECONDS
        assert time.monotonic() - self._began < 20 * MOST_SECONDS
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - self._had < MOST_GROWTH_KIB
