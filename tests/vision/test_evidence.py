"""Which table says what the word of a job's networks is worth."""

from dataclasses import replace

import pytest

from bodycam_pipeline.values.evidence import HIGHEST, LOWEST
from bodycam_pipeline.values.model import Model, Thresholds
from bodycam_pipeline.vision import evidence
from bodycam_pipeline.vision.evidence import _File, worth_of
from bodycam_pipeline.vision.registry import find_model

FACES = replace(find_model("centerface"), sha256="aa" * 32, kinds={"face": Thresholds(high=0.5, low=0.25)})
BOTH = replace(
    find_model("detector-v1"),
    sha256="bb" * 32,
    kinds={"face": Thresholds(high=0.6, low=0.5), "plate": Thresholds(high=0.4, low=0.125)},
)
TABLE = {
    "networks": [
        {"name": "faces", "sha256": "aa" * 32, "lowest": {"face": 0.0625}},
        {"name": "both", "sha256": "bb" * 32, "lowest": {"face": 0.03125, "plate": 0.015625}},
    ],
    "kinds": {"face": {"look": [0, 1, 2, 0, 0, 0, 0], "track": [0, 1, 2, *[0] * 8]}},
}


@pytest.fixture(autouse=True)
def _table(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, TABLE)


def given(monkeypatch: pytest.MonkeyPatch, *tables: dict[str, object]) -> None:
    file = _File.model_validate({"tables": tables})
    monkeypatch.setattr(evidence, "_file", lambda: file)


def test_networks_that_were_measured_together_have_their_table() -> None:
    worth = worth_of([FACES, BOTH])
    assert worth.evidence.of_look("face", (0.5, 0.25), 32.0) == pytest.approx(0.5 + 0.5)
    assert worth.lowest == ({"face": 0.0625}, {"face": 0.03125, "plate": 0.015625})
    assert worth.evidence.sha256 is not None


def test_the_order_of_the_models_changes_who_is_asked_and_nothing_else() -> None:
    one, other = worth_of([FACES, BOTH]), worth_of([BOTH, FACES])
    assert other.lowest == one.lowest[::-1]
    assert other.evidence.of_look("face", (0.25, 0.5), 32.0) == one.evidence.of_look("face", (0.5, 0.25), 32.0)
    assert other.evidence.sha256 == one.evidence.sha256


def test_a_changed_weight_is_another_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    before = worth_of([FACES, BOTH]).evidence.sha256
    look = {"look": [0, 1, 2, 0, 0, 0, 1], "track": [0, 1, 2, *[0] * 8]}
    given(monkeypatch, {**TABLE, "kinds": {"face": look}})
    assert worth_of([FACES, BOTH]).evidence.sha256 != before


@pytest.mark.parametrize(
    "models",
    [[FACES], [BOTH], [FACES, replace(BOTH, sha256="cc" * 32)], [FACES, BOTH, replace(BOTH, sha256="cc" * 32)]],
)
def test_others_are_trusted_with_their_own_thresholds(models: list[Model]) -> None:
    worth = worth_of(models)
    assert worth.evidence.sha256 is None
    assert worth.lowest == tuple({kind: limits.low for kind, limits in m.kinds.items()} for m in models)
    for number, model in enumerate(models):
        scores = [0.0] * len(models)
        for score, value in ((model.kinds["face"].high, HIGHEST), (model.kinds["face"].low - 0.01, LOWEST)):
            scores[number] = score
            assert worth.evidence.of_look("face", scores, 32.0) == value


def test_what_ships_is_a_table_for_networks_that_are_here() -> None:
    shipped = _File.model_validate_json((evidence.MODELS / evidence.FILE).read_bytes())
    for table in shipped.tables:
        for network in table.networks:
            assert find_model(network.name).sha256 == network.sha256
            assert network.lowest.keys() <= find_model(network.name).kinds.keys()
        for kind, weights in table.kinds.items():
            who = sum(kind in network.lowest for network in table.networks)
            both = who > 1
            assert len(weights.look) == 2 + 2 * who + both
            assert len(weights.track) == 3 + 3 * who + 2 * both
