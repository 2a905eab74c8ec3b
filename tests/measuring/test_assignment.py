"""The best one-to-one pairs, held against trying all of them."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodycam_pipeline.measuring.assignment import best_pairs

SHAPES = st.tuples(st.integers(1, 5), st.integers(1, 5))
TABLES = SHAPES.flatmap(
    lambda shape: st.lists(st.integers(0, 6), min_size=shape[0] * shape[1], max_size=shape[0] * shape[1]).map(
        lambda cells: np.array(cells, np.float64).reshape(shape)
    )
)


@given(TABLES)
def test_no_other_assignment_weighs_more(weights):
    pairs = best_pairs(weights)
    assert len({row for row, _ in pairs}) == len({column for _, column in pairs}) == len(pairs)
    wide = weights if weights.shape[0] <= weights.shape[1] else weights.T
    rows, columns = wide.shape
    most = max(wide[range(rows), chosen].sum() for chosen in permutations(range(columns), rows))
    assert sum(weights[pair] for pair in pairs) == most


def test_the_greedy_choice_is_not_always_the_best():
    assert best_pairs(np.array([[10.0, 9.0], [9.0, 1.0]])) == [(0, 1), (1, 0)]


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0)])
def test_nothing_to_pair_gives_no_pairs(shape):
    assert best_pairs(np.zeros(shape)) == []
