"""What the word of networks is worth."""

from math import log, log1p, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodycam_pipeline.values.evidence import (
    HIGHEST,
    LOWEST,
    Evidence,
    KindWeights,
    look_features,
    track_features,
)
from bodycam_pipeline.values.model import Thresholds

SCORE = st.floats(0, 1)
BOTH = {"face": (0, 1), "plate": (1,)}


def table(*rows: tuple[float, ...]) -> np.ndarray:
    return np.array(rows, np.float64)


def even(scores: np.ndarray) -> np.ndarray:
    """Looks that stand for the same time each."""
    return np.ones(len(scores))


def odds_of_track(evidence: Evidence, kind: str, scores: np.ndarray, side_px: float, seconds: float) -> float:
    return evidence.of_track(kind, scores, even(scores), side_px, seconds)


def weighing(features: int, **weights: float) -> tuple[float, ...]:
    """Weights that are 0 but for those at some positions, as ``f3=1.0``."""
    made = [0.0] * features
    for name, weight in weights.items():
        made[int(name[1:])] = weight
    return tuple(made)


class TestFeatures:
    """What the odds are computed from."""

    def test_a_look_is_each_score_their_agreement_the_size_and_each_score_by_size(self) -> None:
        assert look_features([0.25, 1.0], 32.0) == [1.0, 0.25, 1.0, 0.5, 0.0, 0.0, 0.0]
        size = log(2)
        assert look_features([0.25, 1.0], 64.0) == pytest.approx([1.0, 0.25, 1.0, 0.5, size, 0.25 * size, size])

    def test_one_network_agrees_with_nobody(self) -> None:
        assert look_features([0.5], 32.0) == [1.0, 0.5, 0.0, 0.0]

    def test_of_three_networks_the_two_surest_agree(self) -> None:
        assert look_features([0.64, 0.01, 0.25], 32.0)[4] == pytest.approx(sqrt(0.64 * 0.25))

    def test_a_network_that_is_silent_agrees_with_nobody(self) -> None:
        assert look_features([0.9, 0.0], 32.0)[3] == 0

    def test_nothing_is_smaller_than_the_smallest(self) -> None:
        assert look_features([0.5], 0.0) == look_features([0.5], 4.0) != look_features([0.5], 5.0)

    def test_a_track_is_what_each_network_said_at_its_best_and_on_average(self) -> None:
        scores = table((1.0, 0.0), (0.5, 0.0), (0.0, 0.0), (0.0, 0.5), (0.0, 0.0))
        one, tops, means, agreed, size, by_size, long = np.split(
            np.array(track_features(scores, even(scores), 32.0, 2.0)), [1, 3, 5, 7, 8, 10]
        )
        assert one.tolist() == [1.0]
        assert tops.tolist() == [1.0, 0.5], "the best fifth: one look of five"
        assert means == pytest.approx([0.3, 0.1])
        assert agreed.tolist() == [0.0, 0.0], "never in one look"
        assert (*size, *by_size) == (0.0, 0.0, 0.0)
        assert long == pytest.approx([log1p(8.0)])

    def test_the_best_are_a_fifth_of_the_looks_and_at_least_one(self) -> None:
        ten = table(*((n / 10,) for n in range(10)))
        assert track_features(ten, even(ten), 32.0, 0.0)[1] == pytest.approx(0.85)
        assert track_features(table((0.25,)), even(table((0.25,))), 32.0, 0.0)[1] == 0.25
        assert track_features(ten[:6], even(ten[:6]), 32.0, 0.0)[1] == pytest.approx(0.45), "two of six"

    def test_a_look_counts_by_the_time_that_it_stands_for(self) -> None:
        rows = table((0.9,), (0.0,), (0.6,), (0.3,))
        times = np.array([1.0, 4.0, 1.0, 2.0])
        _, best, mean, *_ = track_features(rows, times, 32.0, 1.0)
        assert (best, mean) == pytest.approx((0.75, 2.1 / 8)), "a fifth is 1.6: the first look, and the third"
        assert track_features(rows, times / 7, 32.0, 1.0) == pytest.approx(track_features(rows, times, 32.0, 1.0))

    def test_of_four_looks_two_at_one_look_in_two_say_what_all_four_said(self) -> None:
        all_looks = table((0.9, 0.1), (0.9, 0.1), (0.2, 0.4), (0.2, 0.4))
        half = track_features(all_looks[::2], 2 * np.ones(2), 20.0, 1.0)
        assert half == pytest.approx(track_features(all_looks, np.ones(4), 20.0, 1.0))

    def test_agreement_is_of_networks_in_one_look(self) -> None:
        together, apart = table((0.81, 1.0), (0.0, 0.0)), table((0.81, 0.0), (0.0, 1.0))
        assert track_features(together, even(together), 32.0, 0.0)[5:7] == pytest.approx([0.45, 0.9])
        assert track_features(apart, even(apart), 32.0, 0.0)[5:7] == [0.0, 0.0]

    @given(st.lists(st.tuples(SCORE, SCORE), min_size=1, max_size=9), st.floats(0, 500), st.floats(0, 600))
    def test_there_are_as_many_features_whatever_was_seen(
        self, rows: list[tuple[float, float]], side: float, seconds: float
    ) -> None:
        assert len(track_features(table(*rows), even(table(*rows)), side, seconds)) == 11
        assert len(look_features(rows[0], side)) == 7
        assert np.isfinite(track_features(table(*rows), even(table(*rows)), side, seconds)).all()


class TestWithATable:
    """Networks that were calibrated together."""

    LOOK = weighing(7, f0=-2.0, f1=4.0, f3=2.0)
    TRACK = weighing(11, f0=-2.0, f1=1.0, f3=4.0, f4=2.0)
    ALL = Evidence(
        BOTH, {"face": KindWeights(LOOK, TRACK), "plate": KindWeights((-1.0, 3.0, 0, 0), (0, 1.0, *[0] * 4))}
    )

    def test_odds_are_the_weighted_sum(self) -> None:
        assert self.ALL.of_look("face", (1.0, 0.25), 32.0) == pytest.approx(-2 + 4 + 1)
        assert odds_of_track(self.ALL, "face", table((1.0, 0.0), (0.5, 0.5)), 32.0, 1.0) == pytest.approx(
            -2 + 1 + 3 + 0.5
        )

    def test_a_kind_is_judged_by_those_who_know_it(self) -> None:
        assert self.ALL.of_look("plate", (0.9, 0.5), 32.0) == pytest.approx(-1 + 1.5)
        assert self.ALL.of_look("plate", (0.0, 0.5), 32.0) == self.ALL.of_look("plate", (0.9, 0.5), 32.0)
        assert odds_of_track(self.ALL, "plate", table((0.9, 0.25)), 32.0, 0.0) == pytest.approx(0.25)

    def test_a_network_that_is_silent_lowers_the_evidence(self) -> None:
        said, half = table(*[(0.8, 0.8)] * 4), table(*[(0.8, 0.8), (0.8, 0.0)] * 2)
        silent = table(*[(0.8, 0.8), (0.0, 0.0)] * 2)
        values = [odds_of_track(self.ALL, "face", rows, 32.0, 1.0) for rows in (said, half, silent)]
        assert values[0] > values[1] > values[2]
        assert self.ALL.of_look("face", (0.8, 0.0), 32.0) < self.ALL.of_look("face", (0.8, 0.8), 32.0)

    def test_the_same_look_a_hundred_times_is_no_more_than_once_but_for_its_time(self) -> None:
        once, often = table((0.7, 0.2)), table(*[(0.7, 0.2)] * 100)
        assert odds_of_track(self.ALL, "face", often, 32.0, 9.0) == pytest.approx(
            odds_of_track(self.ALL, "face", once, 32.0, 9.0)
        )

    def test_the_order_of_the_looks_does_not_matter(self) -> None:
        rows = table((0.9, 0.1), (0.3, 0.6), (0.0, 0.0), (0.5, 0.5), (0.2, 0.8), (0.1, 0.1))
        assert odds_of_track(self.ALL, "face", rows, 20.0, 1.0) == pytest.approx(
            odds_of_track(self.ALL, "face", rows[::-1], 20.0, 1.0)
        )

    def test_evidence_beyond_the_limits_is_not_told_apart(self) -> None:
        sure = Evidence(BOTH, {"face": KindWeights(weighing(7, f1=99.0, f0=-40.0), weighing(11, f1=99.0, f0=-40.0))})
        assert (
            sure.of_look("face", (1.0, 0.0), 32.0)
            == odds_of_track(sure, "face", table((1.0, 0.0)), 32.0, 0.0)
            == HIGHEST
        )
        assert (
            sure.of_look("face", (0.0, 0.0), 32.0)
            == odds_of_track(sure, "face", table((0.0, 0.0)), 32.0, 0.0)
            == LOWEST
        )
        assert LOWEST < sure.of_look("face", (0.4, 0.0), 32.0) < HIGHEST

    def test_weights_that_do_not_belong_to_the_features_are_refused(self) -> None:
        short = Evidence(BOTH, {"face": KindWeights((1.0, 2.0), (1.0,))})
        with pytest.raises(ValueError, match="zip"):
            short.of_look("face", (0.5, 0.5), 32.0)


class TestWithoutATable:
    """A person's own networks: their own thresholds decide."""

    TRUSTED = Evidence(
        BOTH,
        thresholds={
            "face": (Thresholds(high=0.5, low=0.2), Thresholds(high=0.9, low=0.6)),
            "plate": (Thresholds(high=0.9, low=0.6),),
        },
    )

    @pytest.mark.parametrize(
        ("scores", "worth"),
        [
            ((0.5, 0.0), HIGHEST),
            ((0.0, 0.9), HIGHEST),
            ((0.49, 0.89), 0.0),
            ((0.2, 0.0), 0.0),
            ((0.0, 0.6), 0.0),
            ((0.19, 0.59), LOWEST),
            ((0.0, 0.0), LOWEST),
        ],
    )
    def test_a_start_is_enough_a_floor_is_undecided_and_less_is_nothing(
        self, scores: tuple[float, ...], worth: float
    ) -> None:
        assert self.TRUSTED.of_look("face", scores, 30.0) == worth
        assert odds_of_track(self.TRUSTED, "face", table(scores), 30.0, 1.0) == worth

    def test_each_network_counts_at_its_best(self) -> None:
        assert odds_of_track(self.TRUSTED, "face", table((0.0, 0.0), (0.5, 0.0), (0.0, 0.0)), 30.0, 1.0) == HIGHEST

    def test_whoever_does_not_know_a_kind_is_not_asked(self) -> None:
        assert self.TRUSTED.of_look("plate", (1.0, 0.1), 30.0) == LOWEST
        assert self.TRUSTED.of_look("plate", (0.0, 0.9), 30.0) == HIGHEST

    def test_a_kind_without_weights_falls_back_alone(self) -> None:
        mixed = Evidence(BOTH, {"face": TestWithATable.ALL.weights["face"]}, self.TRUSTED.thresholds)
        assert mixed.of_look("plate", (0.0, 0.9), 30.0) == HIGHEST
        assert mixed.of_look("face", (0.5, 0.0), 32.0) == pytest.approx(0.0)

    def test_a_kind_that_nobody_knows_is_nothing(self) -> None:
        nobody = Evidence({"face": (0,), "plate": ()}, thresholds={"face": (Thresholds(0.5, 0.2),), "plate": ()})
        assert nobody.of_look("plate", (1.0,), 30.0) == LOWEST
        assert odds_of_track(nobody, "plate", table((1.0,)), 30.0, 1.0) == LOWEST
