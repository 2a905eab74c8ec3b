"""Policies and edits that people write: refused with line, key and a sentence."""

from fractions import Fraction
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis.strategies import characters, fractions, text

from bodycam_pipeline import _native
from bodycam_pipeline.evidence.edits_file import edits_text, parse_edits, read_edits
from bodycam_pipeline.evidence.policy_file import read_policy
from bodycam_pipeline.values.edits import Edits, format_time
from bodycam_pipeline.values.errors import EditsError, PolicyError
from bodycam_pipeline.values.policy import Policy

DOCS = Path(__file__).parents[2] / "docs" / "edits.md"


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "file.toml"
        path.write_text(dedent(text))
        return path

    return write


def test_an_empty_file_decides_nothing(written):
    assert read_edits(written("")) == Edits()
    assert read_policy(written("")) == Policy()


def test_the_examples_in_the_documentation_are_read_and_written_as_they_are_read(written):
    blocks = DOCS.read_text().split("```toml\n")[1:]
    read = read_edits(written("\n".join(block.split("```")[0] for block in blocks)))
    assert {decision.table for decision in read.decisions()} == set(Edits.model_fields)
    assert [k.at for k in read.hide[0].keyframes] == [Fraction("12.5"), 14]
    assert [k.at for k in read.hide[1].keyframes] == [1_800_000, 2_700_000]
    assert (read.withhold[0].start, read.withhold[0].end, read.withhold[0].kind) == (62, Fraction("69.5"), "interior")
    assert read.keep[0].anchors[0].points[0] == (60000, 380, 96, 448, 176)
    assert read_edits(written(edits_text(read))) == read


@given(text(characters(codec="utf-8"), min_size=1, max_size=40), fractions(0, 10**6, max_denominator=1))
def test_any_words_and_times_are_written_as_they_are_read(words, seconds):
    times = {"from": format_time(seconds + Fraction("0.000000001")), "to": format_time(seconds + 1)}
    said = Edits.model_validate({"mute": [{**times, "reason": words, "by": words, "comment": words}]})
    assert parse_edits(edits_text(said), Path("edits.toml")) == said


def test_a_policy_says_only_what_differs(written):
    read = read_policy(
        written(
            """
            name = "county"
            [hide.face]
            reason = "s.14(1)"
            [redaction]
            style = "fill"
            """
        )
    )
    assert list(read.hide) == ["face"]
    assert (read.name, read.redaction.style, read.detection) == ("county", "fill", Policy().detection)


@pytest.mark.parametrize(("word", "preset", "crf"), [("archive", "slow", 17), ("quick", "superfast", 23)])
def test_a_word_for_the_encoding_is_what_it_stands_for(word, preset, crf, written):
    short = read_policy(written(f"[encoding]\npreset = '{word}'"))
    long = read_policy(written(f"[encoding]\npreset = '{preset}'\ncrf = {crf}"))
    assert short == long
    assert short.sha256 == long.sha256 != Policy().sha256


def test_the_standard_is_what_nobody_has_to_ask_for(written):
    assert read_policy(written("[encoding]\npreset = 'standard'")) == Policy()


def test_a_quality_beside_the_word_stands(written):
    assert read_policy(written("[encoding]\npreset = 'archive'\ncrf = 20")).encoding.crf == 20


def test_an_unknown_preset_is_refused_with_those_there_are(written):
    with pytest.raises(PolicyError, match=r"preset.*'archive'.*'superfast'"):
        read_policy(written("[encoding]\npreset = 'best'"))


KEEP = 'reason = "r"\nby = "b"\n'
PLACE = 'anchors = [{ pts = 3, box = [1, 2, 3, 4], kind = "face" }]\n'

EDITS = [
    (f"[[keep]]\n{KEEP}track = 3\n", ["line 1, keep[1]", "bodycam review keep JOB 3"]),
    (f"[[keep]]\n{KEEP}{PLACE}plan = 'x'\n", ["line 5, keep[1].plan", "should match pattern"]),
    (f"[[keep]]\n{KEEP}{PLACE}", ["line 1, keep[1].plan", "is missing"]),
    (
        f"[[mute]]\n{KEEP}from = '1'\nto = '2'\n[[mute]]\n{KEEP}from = '1'\nto = '2'\nfor = 4",
        ["line 11, mute[2].for", "unknown key"],
    ),
    ("[[mute]]\nfrom = '1'\nto = '2'\nreason = ''\nby = 'b'", ["line 4, mute[1].reason", "must not be empty"]),
    (
        f"[[hide]]\nkind = 'face'\n{KEEP}keyframes = [{{at='1', box=[1,2,3,4]}}, {{at='pts 9', box=[1,2,3,4]}}]",
        ["line 1, hide[1]", "must all be at clock times"],
    ),
    (f"[[mute]]\n{KEEP}from = 'pts x'\nto = '2'", ["line 4, mute[1].from", "names no frame"]),
    (f"[[mute]]\n{KEEP}from = 'pts 1'\nto = '2'", ["line 1, mute[1]", "must both be clock times"]),
    ("[[withhold]]\nfrom = '1'\nto = '2'\nby = 'b'", ["line 1, withhold[1]", "has no reason"]),
    ("[[kept]]\ntrack = 1", ["line 1, kept", "unknown key"]),
    ("[keep]\ntrack = 1", ["line 1, keep", "must be a list"]),
    (f"[[withhold]]\nfrom = 62\nto = '70'\n{KEEP}", ["line 2, withhold[1].from", "write times in quotes"]),
    (f"[[withhold]]\nfrom = '1:2:3:4'\nto = '70'\n{KEEP}", ["line 2, withhold[1].from", "not a time"]),
    (f"[[mute]]\nfrom = '70'\nto = '60'\n{KEEP}", ["line 1, mute[1]", "'to' must be later than 'from'"]),
    (
        f"[[hide]]\nkind = 'Faces!'\n{KEEP}keyframes = [{{at='1', box=[1,2,3,4]}}, {{at='2', box=[1,2,3,4]}}]",
        ["line 2, hide[1].kind", "'Faces!' names no kind: write a letter"],
    ),
    (
        f"[[hide]]\nkind = 'face'\n{KEEP}keyframes = [{{at='1', box=[1,2,3,4]}}, {{at='2', box=[5,2,3,4]}}]",
        ["line 5, hide[1].keyframes[2]", "an empty box"],
    ),
    (
        f"[[hide]]\nkind = 'face'\n{KEEP}keyframes = [{{at='2', box=[1,2,3,4]}}, {{at='1', box=[1,2,3,4]}}]",
        ["line 1, hide[1]", "ascending"],
    ),
    (
        f"[[hide]]\nkind = 'face'\n{KEEP}keyframes = [{{at='2', box=[1,2,3]}}]",
        ["line 5, hide[1].keyframes[1].box", "is missing"],
    ),
    ("[[keep]\n", ["is not TOML", "line 1"]),
]

POLICIES = [
    ("[redaction]\nstyle = 'gaussian'", ["95.9 %", "purpose = 'internal'"]),
    ("[redaction]\n\nstyle = 'none'", ["line 3, redaction.style", "unknown", ", ".join(_native.STYLES)]),
    ("[redaction]\ngrid_px = 3", ["line 2, redaction.grid_px", "must be one of"]),
    ("[audio]\npolicy = 'keep'", ["line 1, audio", "audio.reason"]),
    ("[detection]\ninterval = 0", ["line 2, detection.interval", "greater than or equal to 1", "0"]),
    ("[detection]\nevry = 1", ["line 2, detection.evry", "unknown key"]),
    ("detection = 5", ["line 1, detection", "must be a table"]),
    ("[detection]\ninterval = [1, 5]", ["line 1, detection", "detection.interval is one number for all detectors"]),
    ("[detection]\nsuspect = 0.3", ["line 1, detection", "detection.suspect is gone: delete it"]),
    ("[detection]\nsuppress_iou = 0.3", ["line 1, detection", "detection.suppress_iou is gone: delete it"]),
    ("[tracking]\nextend_ms = 400", ["tracking is gone", "admission = 'cautious', 'balanced' or 'strict'"]),
    ("[hide.face]\nreason = 'x'\nadmission = 'bold'", ["line 3, hide.face.admission", "must be one of 'cautious'"]),
    ("hide = 5", ["line 1, hide", "must be a table"]),
    ("hide = 'face'", ["line 1, hide", "must be a table"]),
    ("[hide]\nface = 5", ["line 2, hide.face", "must be a table"]),
    ("[[hide]]\nface = 1", ["line 1, hide", "must be a table"]),
    ("[hide]", ["line 1, hide", "at least 1"]),
    ("[hide.Person]\nreason = 'x'", ["line 1, hide.Person", "'Person' names no kind"]),
    (
        "[hide.screen]\nreason = 'x'\nfound_by = 'hand'\nadmission = 'strict'",
        ["line 1, hide.screen", "nothing to admit"],
    ),
    (
        "[hide.face.padding]\nleft = 'wide'\n[hide.face]\nreason='x'",
        ["line 2, hide.face.padding.left", "must be a number"],
    ),
    ("[hide.face]", ["line 1, hide.face.reason", "is missing"]),
    ("[redaction]\ncodes = true", ["line 1, redaction", "needs redaction.style = 'fill'", "on 'blur'"]),
    ("[redaction]\nstyle = 'fill'\ncodes = true", ["needs hide.face.code"]),
    (
        "[redaction]\nstyle = 'fill'\ncodes = true\n[hide.face]\nreason='x'\ncode='(6)'\n[hide.plate]\nreason='x'",
        ["needs hide.plate.code"],
    ),
    ("[hide.face]\nreason='x'\ncode = ''", ["line 3, hide.face.code", "1 to 16 printable ASCII"]),
    ("[hide.face]\nreason='x'\ncode = '§ 40'", ["line 3, hide.face.code", "1 to 16 printable ASCII"]),
    ("[hide.face]\nreason='x'\ncode = '(b)(7)(C) privacy'", ["line 3, hide.face.code", "1 to 16 printable ASCII"]),
    ("[hide.face]\nreason='x'\ncode = ' (6)'", ["line 3, hide.face.code", "without a space at either end"]),
]


@pytest.mark.parametrize(("text", "said"), EDITS)
def test_refuses_edits_with_file_line_key_and_a_sentence(written, text, said):
    path = written(text)
    with pytest.raises(EditsError) as caught:
        read_edits(path)
    assert all(part in str(caught.value) for part in [str(path), *said]), str(caught.value)


@pytest.mark.parametrize(("text", "said"), POLICIES)
def test_refuses_policies_with_file_line_key_and_a_sentence(written, text, said):
    path = written(text)
    with pytest.raises(PolicyError) as caught:
        read_policy(path)
    assert all(part in str(caught.value) for part in [str(path), *said]), str(caught.value)


@pytest.mark.parametrize(("read", "refusal"), [(read_edits, EditsError), (read_policy, PolicyError)])
def test_refuses_files_that_cannot_be_read(tmp_path, read, refusal):
    with pytest.raises(refusal, match="No such file"):
        read(tmp_path / "missing.toml")
    with pytest.raises(refusal, match="Is a directory"):
        read(tmp_path)
    (tmp_path / "latin.toml").write_bytes("by = 'Müller'".encode("latin-1"))
    with pytest.raises(refusal, match="not UTF-8"):
        read(tmp_path / "latin.toml")


def test_every_problem_of_a_file_is_said_at_once(written):
    with pytest.raises(EditsError) as caught:
        read_edits(written("[[keep]]\nreason = 5\n[[mute]]\nfrom = '1'\n"))
    assert str(caught.value).count(";") == 6  # seven problems
