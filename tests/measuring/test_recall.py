"""Recall and precision at equal false positives per picture."""

from math import isnan

import numpy as np
import pytest

from bodycam_pipeline.measuring.recall import HEIGHT_BINS, Tally, match

NOTHING = np.zeros((0, 4), np.float32)


def boxes(*rows: tuple[float, ...]) -> np.ndarray:
    return np.array(rows, np.float32).reshape(-1, 5)


def truth(*rows: tuple[float, ...]) -> np.ndarray:
    return np.array(rows, np.float32).reshape(-1, 4)


FACE = (0, 0, 20, 20)
ELSEWHERE = (100, 100, 120, 120)


def tallied(*pictures: tuple[np.ndarray, np.ndarray]) -> Tally:
    tally = Tally()
    for found, labelled in pictures:
        tally.add(found, labelled)
    return tally


def test_the_surest_box_takes_the_object_and_a_second_one_is_no_false_alarm() -> None:
    found, false = match(boxes((1, 0, 21, 20, 0.6), (0, 0, 20, 20, 0.9)), truth(FACE))
    assert (found.tolist(), false) == ([pytest.approx(0.9)], [])


def test_a_second_box_goes_to_the_second_object_it_hits() -> None:
    found, false = match(boxes((0, 0, 20, 20, 0.9), (2, 0, 22, 20, 0.8)), truth(FACE, (4, 0, 24, 20)))
    assert (sorted(found.tolist()), false) == ([pytest.approx(0.8), pytest.approx(0.9)], [])


def test_a_box_on_nothing_is_a_false_alarm() -> None:
    found, false = match(boxes((*ELSEWHERE, 0.7)), truth(FACE))
    assert (found.tolist(), false) == ([0], [pytest.approx(0.7)])


def test_half_of_the_union_is_a_hit_and_less_is_none() -> None:
    assert match(boxes((0, 0, 20, 10, 0.5)), truth(FACE))[0][0] > 0
    assert match(boxes((0, 0, 20, 9.9, 0.5)), truth(FACE))[0][0] == 0


def test_more_false_alarms_never_cost_recall() -> None:
    tally = tallied((boxes((*ELSEWHERE, 0.9), (*FACE, 0.5)), truth(FACE)), (boxes((*ELSEWHERE, 0.2)), NOTHING))
    strict, loose = tally.at(0.1), tally.at(0.5)
    assert (strict.recall.share, strict.threshold) == (0, pytest.approx(0.9))
    assert (loose.recall.share, loose.threshold) == (1, pytest.approx(0.2))


def test_the_rate_is_kept_to_the_last_false_alarm() -> None:
    scores = [0.9, 0.8, 0.7, 0.6]
    tally = tallied(*((boxes((*ELSEWHERE, score)), NOTHING) for score in scores))
    assert [tally.threshold(rate) for rate in (0.25, 0.5, 1.0)] == [pytest.approx(0.8), pytest.approx(0.7), 0]


def test_precision_is_found_of_everything_that_is_said() -> None:
    tally = tallied((boxes((*FACE, 0.9), (*ELSEWHERE, 0.8)), truth(FACE)))
    assert tally.at(1.0).precision == 0.5
    assert tally.at(0.0).precision == 1.0
    assert isnan(tallied((boxes(), truth(FACE))).at(1.0).precision)


def test_objects_fall_into_one_bin_each_and_the_lowest_count_nowhere() -> None:
    heights = [7.9, 8, 15.9, 16, 32, 64, 500]
    tally = tallied((boxes(), truth(*((0, 0, h, h) for h in heights))))
    at = tally.at(1.0)
    assert [part.objects for part in at.by_height] == [2, 1, 1, 2]
    assert sum(part.found for part in at.by_height) == at.recall.found
    assert at.recall.objects == len(heights) - 1
    assert len(at.by_height) == len(HEIGHT_BINS)


def test_an_empty_set_has_no_recall_rather_than_none_or_all() -> None:
    assert isnan(Tally().at(1.0).recall.share)


def test_the_curve_ends_where_everything_counts() -> None:
    tally = tallied((boxes((*FACE, 0.5), (*ELSEWHERE, 0.9), (*ELSEWHERE, 0.3)), truth(FACE)))
    assert tally.curve() == [(0.0, 0.0), (1.0, 1.0), (2.0, 1.0)]
