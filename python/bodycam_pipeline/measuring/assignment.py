"""Who belongs to whom: the one-to-one pairs whose weights sum to the most."""

import numpy as np
from numpy.typing import NDArray

Weights = NDArray[np.float64]


def best_pairs(weights: Weights) -> list[tuple[int, int]]:
    """The pairs (row, column) of an assignment with the greatest sum; pairs without weight are left out.

    The Hungarian method by shortest augmenting paths (Jonker and Volgenant 1987), one row after another, in
    O(rows² columns); exact.

    Args:
        weights: (rows, columns), none below 0.
    """
    if weights.shape[0] > weights.shape[1]:
        return sorted((row, column) for column, row in best_pairs(weights.T))
    rows, columns = weights.shape
    row_prices, column_prices = np.zeros(rows), np.zeros(columns)
    row_of = np.full(columns, -1)
    for row in range(rows):
        _augment(row, -weights, (row_prices, column_prices), row_of)
    taken = [(int(row), column) for column, row in enumerate(row_of) if row >= 0]
    return sorted((row, column) for row, column in taken if weights[row, column] > 0)


def _augment(start: int, costs: Weights, prices: tuple[Weights, Weights], row_of: NDArray[np.int64]) -> None:
    """Give one more row a column, by the cheapest path that moves earlier rows on; `prices` and `row_of` change."""
    row_prices, column_prices = prices
    distance, before = np.full(row_of.size, np.inf), np.full(row_of.size, -1)
    done, row, reached, column = np.zeros(row_of.size, np.bool_), start, 0.0, -1
    while row >= 0:
        through = reached + costs[row] - row_prices[row] - column_prices
        shorter = ~done & (through < distance)
        distance[shorter], before[shorter] = through[shorter], column
        column = int(np.where(done, np.inf, distance).argmin())
        reached, done[column], row = float(distance[column]), True, int(row_of[column])
    closed = np.flatnonzero(done & (row_of >= 0))
    row_prices[row_of[closed]] += reached - distance[closed]
    row_prices[start] += reached
    column_prices[done] -= reached - distance[done]
    while column >= 0:
        earlier = int(before[column])
        row_of[column] = start if earlier < 0 else row_of[earlier]
        column = earlier
