"""The profiles that ship: each names its statute for every kind, and is found by name."""

from pathlib import Path

import pytest

from bodycam_pipeline.evidence.policy_file import read_policy, shipped_policies
from bodycam_pipeline.values.errors import PolicyError
from bodycam_pipeline.values.policy import Policy

STATUTES = {
    "ontario-fippa": ("FIPPA s. 21(1)", "FIPPA s. 14(1)"),
    "ontario-mfippa": ("MFIPPA s. 14(1)", "MFIPPA s. 8(1)"),
    "uk-dpa": ("DPA 2018 s. 45(4)",),
    "uk-foia": ("FOIA 2000 s. 40(2)", "FOIA 2000 s. 30(2)", "FOIA 2000 s. 31(1)"),
    "us-foia": ("5 U.S.C. 552(b)(7)",),
    "washington-pra": ("RCW 42.56.240(14)", "RCW 42.56.240(1)"),
}


def test_every_profile_is_known_here() -> None:
    assert shipped_policies() == sorted(STATUTES)


@pytest.mark.parametrize("name", STATUTES)
def test_a_profile_gives_its_statute_for_everything_it_hides_and_changes_nothing_else(name: str) -> None:
    policy, plain = read_policy(Path(name)), Policy()
    assert all(rule.reason.startswith(STATUTES[name]) for rule in policy.hide.values())
    for kind in ("face", "plate"):
        assert policy.hide[kind].padding == plain.hide[kind].padding
    assert policy.found_by_detectors == plain.found_by_detectors == ("face", "plate")
    assert policy.model_copy(update={"name": plain.name, "hide": plain.hide}) == plain


@pytest.mark.parametrize("name", STATUTES)
def test_a_profile_names_what_people_draw(name: str) -> None:
    drawn = set(read_policy(Path(name)).drawn_by_hand_only)
    assert {"document", "house-number", "interior", "minor", "screen", "tattoo"} <= drawn


def test_washington_names_what_its_statute_presumes_to_be_private() -> None:
    statute = {"medical", "interior", "intimate", "minor", "deceased", "victim", "shelter"}
    assert statute <= set(read_policy(Path("washington-pra")).drawn_by_hand_only)


@pytest.mark.parametrize("name", STATUTES)
def test_a_profile_s_codes_are_part_of_its_reasons_and_can_be_drawn(name: str) -> None:
    policy = read_policy(Path(name))
    assert all(rule.code and rule.code in rule.reason.partition(",")[0] for rule in policy.hide.values())
    assert policy.drawn_codes == {}, "drawing them is the agency's choice"
    drawn = Policy.model_validate(policy.model_dump() | {"redaction": {"style": "fill", "codes": True}})
    assert drawn.drawn_codes == {kind: rule.code for kind, rule in policy.hide.items()}


def test_a_file_goes_before_a_profile_of_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "us-foia").write_text('name = "ours"')
    monkeypatch.chdir(tmp_path)
    assert read_policy(Path("us-foia")).name == "ours"


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(PolicyError):
        read_policy(Path("atlantis"))
