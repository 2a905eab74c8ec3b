"""Policies and edits that people write: refused with line, key and a sentence."""

from fractions import Fraction
from textwrap import dedent

import pytest

from bodycam_pipeline.evidence.edits_file import read_edits
from bodycam_pipeline.evidence.policy_file import read_policy
from bodycam_pipeline.values import edits
from bodycam_pipeline.values.edits import Edits
from bodycam_pipeline.values.errors import EditsError, PolicyError
from bodycam_pipeline.values.policy import Policy


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


def test_the_example_in_the_documentation_is_read(written):
    example = edits.__doc__.split("```toml\n")[1].split("```")[0]
    read = read_edits(written(example))
    assert (read.keep[0].track, read.keep[0].by) == (3, "R. Officer")
    assert [k.at for k in read.hide[0].keyframes] == [Fraction("12.5"), 14]
    assert (read.withhold[0].start, read.withhold[0].end) == (62, Fraction("69.5"))
    assert read.mute[0].reason == "a name is spoken"


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

EDITS = [
    ("[[keep]]\ntrack = 3\nreason = 'r'\n", ["line 1, keep[1].by", "is missing"]),
    (f"[[keep]]\n{KEEP}track = 'three'\n", ["line 4, keep[1].track", "must be a whole number"]),
    (f"[[keep]]\ntrack = 1\n{KEEP}\n[[keep]]\ntrack = 2\n{KEEP}tracks = 4", ["line 10, keep[2].tracks", "not a word"]),
    ("[[keep]]\ntrack = 1\nreason = ''\nby = 'b'", ["line 3, keep[1].reason", "must not be empty"]),
    ("[[kept]]\ntrack = 1", ["line 1, kept", "not a word that is known"]),
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
    ("[redaction]\n\nstyle = 'none'", ["line 3, redaction.style", "'fill', 'blur', 'mosaic' or 'gaussian'"]),
    ("[redaction]\ngrid_px = 3", ["line 2, redaction.grid_px", "must be one of"]),
    ("[audio]\npolicy = 'keep'", ["line 1, audio", "audio.reason"]),
    ("[detection]\ninterval = 0", ["line 2, detection.interval", "greater than or equal to 1", "0"]),
    ("[detection]\nevry = 1", ["line 2, detection.evry", "not a word"]),
    ("detection = 5", ["line 1, detection", "must be a table"]),
    ("[detection]\ninterval = [1, 5]", ["line 1, detection", "detection.interval is one number for all models"]),
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
        read_edits(written("[[keep]]\ntrack = 'x'\n[[mute]]\nfrom = '1'\n"))
    assert str(caught.value).count(";") == 5  # six problems
