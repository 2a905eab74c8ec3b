"""The exemption index: one line per track, by time, each with its reason and who decided."""

from bodycam_pipeline.rules.exemptions import Exemption, Screen, exemptions
from bodycam_pipeline.values.plan import DrawnTrack, MutedSpan, Plan, WithheldSpan
from bodycam_pipeline.values.timeline import Span
from tests.rules.build import plan, recording, row


def test_a_track_is_one_line_however_many_frames_it_has() -> None:
    made = plan([row(pts, (0, 0, 16, 16), reason="s. 14(1)") for pts in range(0, 400, 40)])
    (line,) = exemptions(made, Screen.of(recording()), names=True)
    assert (line.kind, line.place, line.reason, line.by) == ("face", "top left", "s. 14(1)", "automatic")


def decided() -> Plan:
    return plan(
        [row(80, (300, 170, 320, 192), track=2, origin="manual", reason="a child")],
        recording(),
        withheld=(WithheldSpan(Span(0, 40), "a dwelling", "R. Officer"),),
        muted=(MutedSpan(Span(120, 160), "a name", "automatic"),),
        drawn=(DrawnTrack(2, "S. Officer"),),
    )


def test_lines_come_by_time_and_say_who() -> None:
    lines = exemptions(decided(), Screen.of(recording()), names=True)
    assert [(line.kind, line.by) for line in lines] == [
        ("picture", "R. Officer"),
        ("face", "S. Officer"),
        ("sound", "automatic"),
    ]
    assert lines[1].place == "bottom right"
    assert isinstance(lines[0], Exemption)


def test_what_is_handed_out_says_that_a_person_decided_and_not_who() -> None:
    lines = exemptions(decided(), Screen.of(recording()), names=False)
    assert [line.by for line in lines] == ["a person", "a person", "a person"]


def test_a_plan_that_hides_nothing_has_no_lines() -> None:
    assert exemptions(plan([]), Screen.of(recording()), names=True) == ()
