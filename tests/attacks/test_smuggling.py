"""What a camera can say in the syntax of what is stream-copied: written anew, or small and stated."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from bodycam_pipeline.h264.copying import MOST_SET_BYTES, joining
from bodycam_pipeline.h264.parameters import read_pps, read_sps
from bodycam_pipeline.h264.rewriting import rewritten
from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.values.policy import EncodingRule
from tests.attacks.jobs import plan_of, quick_policy, rendered
from tests.attacks.test_parameter_sets import HIGH, MAIN, TAIL, code, picture, sequence, signed, unit
from tests.clips import clip

COPY = EncodingRule(untouched="copy")
ROOT = Path(__file__).parents[2]


def usability(clock: int = 40, scale: int = 2000, rate: int = 7, overscan: str = "0", signal: int = 5) -> str:
    """A main profile's tail with everything said: aspect 4:3, full range, BT.709, a clock, bit rates, two reordered."""
    rates = "1" + code(31) + "0" * 8 + (code(rate) * 2 + "1") * 32 + "0" * 20
    said = "1" + "00001110" + overscan + f"1{signal:03b}11" + "00000001" * 3 + "1" + code(1) * 2
    said += f"1{clock:032b}{scale:032b}1" + rates * 2 + "0" + "1"
    return TAIL[:-1] + "1" + said + "11" + code(2) + code(1) + code(9) + code(9) + code(2) + code(4)


def test_a_sequence_set_keeps_what_decodes_and_nothing_that_a_camera_may_choose_beside_it() -> None:
    plain = rewritten(sequence(tail=usability()))
    for secret in (
        usability(clock=0x47504F53),
        usability(scale=0x4F464643),
        usability(rate=0x34343731),
        usability(overscan="11"),
        usability(signal=2),
    ):
        assert read_sps(sequence(tail=secret)).whole
        assert rewritten(sequence(tail=secret)) == plain
    before, after = read_sps(sequence(tail=usability())), read_sps(plain)
    assert after.whole
    assert len(plain) < 40 < len(sequence(tail=usability()))
    assert replace(after, usability=None) == replace(before, usability=None)
    assert after.usability == before.usability
    assert before.usability is not None
    assert (before.aspect, before.reorder, before.usability.buffered) == (Fraction(4, 3), 2, 4)
    assert before.usability.colours == (1, 1, 1)


@pytest.mark.parametrize("head", [MAIN, HIGH])
def test_a_set_that_says_nothing_beside_stays_as_it_is(head: bytes) -> None:
    chroma = code(1) + code(0) * 2 + "00" if head == HIGH else ""
    plain = sequence(head, chroma=chroma)
    assert rewritten(plain) == plain
    assert rewritten(picture()) == picture()


def test_the_two_bits_before_a_set_say_nothing() -> None:
    for first in (0x27, 0x47, 0x67):
        assert rewritten(bytes([first]) + sequence()[1:])[0] == 0x67
    assert rewritten(b"\x28" + picture()[1:])[0] == 0x68


def test_sets_that_are_larger_than_recorders_write_are_not_carried_over(tmp_path: Path) -> None:
    video = probe(str(clip(tmp_path / "a.mp4"))).video
    assert joining(video, COPY) is not None
    first, second = video.parameter_sets
    many = [picture(number, of=read_sps(first).number) for number in range(1, 30)]
    assert all(read_pps(each).whole for each in many)
    assert joining(replace(video, parameter_sets=(first, second, *many[:3])), COPY) is not None
    assert sum(len(rewritten(each)) for each in (first, second, *many)) < MOST_SET_BYTES
    assert joining(replace(video, parameter_sets=(first, second, *map(_listed, (28, 29, 30)))), COPY) is None


def _listed(number: int) -> bytes:
    """A picture set of which every scaling list is written out with long codes."""
    base = code(number) + code(0) + "00" + code(0) + code(0) * 2 + "000" + signed(0) * 3 + "110"
    lists = "".join("1" + "".join(signed(100 if n % 2 else -100) for n in range(16)) for _ in range(6))
    lists += "".join("1" + "".join(signed(100 if n % 2 else -100) for n in range(64)) for _ in range(2))
    return unit(b"\x68", base + "11" + lists + signed(0))


def test_a_release_says_nothing_of_the_cameras_clock_and_rates(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    rates = {"x264-params": "nal-hrd=vbr:vbv-maxrate=1234:vbv-bufsize=4321:keyint=6", "g": "6"}
    path = clip(tmp_path / "a" / "a.mp4", frames=24, options=rates)
    policy = quick_policy()
    recording = probe(str(path))
    published = rendered(path, policy, plan_of(path, policy, []))
    released = probe(str(next(published.folders.release.glob("*.mp4")))).video.parameter_sets
    assert len(recording.video.parameter_sets[0]) > len(rewritten(recording.video.parameter_sets[0]))
    assert not {*recording.video.parameter_sets} & {each for each in released if each[0] & 31 == 7}
    assert rewritten(recording.video.parameter_sets[0]) in released


def test_what_is_carried_over_all_the_same_is_stated_with_its_size() -> None:
    text = (ROOT / "docs" / "decisions" / "0009-copy-through.md").read_text()
    assert f"{MOST_SET_BYTES} bytes" in text
    assert "idr_pic_id" in text


@pytest.mark.parametrize("name", ["README.md", "ARCHITECTURE.md"])
def test_non_interference_is_promised_for_one_plan(name: str) -> None:
    text = " ".join((ROOT / name).read_text().split())
    for at in (n for n in range(len(text)) if text.startswith("two recordings that differ only under the masks", n)):
        assert "one plan" in text[max(0, at - 120) : at + 160], text[at - 60 : at + 160]
