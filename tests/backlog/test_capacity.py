"""Capacity: arithmetic that a records manager could do on paper."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodycam_pipeline.backlog.capacity import Capacity, Load, capacity, hours_of


def test_a_backlog_by_hand() -> None:
    # 100 h at 30/s are 10.8 million frames; at 15/s 200 worker hours; a night of 10 h has 8: 25 workers, 4 nodes of 8
    assert capacity(Load(100, 30, 1, 10, 15, 8)) == Capacity(10_800_000, 200.0, 25, 4, 4)


def test_a_terabyte_in_hours() -> None:
    assert hours_of(1, 12) == pytest.approx(185.2, abs=0.1)


@given(
    st.builds(
        Load,
        st.floats(0.1, 1e5),
        st.floats(1, 120),
        st.integers(1, 60),
        st.floats(1, 24),
        st.floats(0.1, 1000),
        st.integers(1, 256),
    )
)
def test_what_is_computed_is_enough_and_one_worker_fewer_is_not(load: Load) -> None:
    needed = capacity(load)
    per_worker = load.rate * 3600 * load.night_hours * 0.8 * load.nights
    assert needed.workers * per_worker * (1 + 1e-9) >= needed.frames
    assert needed.workers == 1 or (needed.workers - 1) * per_worker < needed.frames * (1 + 1e-9)
    assert (needed.nodes - 1) * load.workers_per_node < needed.workers <= needed.nodes * load.workers_per_node


@pytest.mark.parametrize("place", range(6))
def test_a_quantity_that_is_not_positive_is_refused(place: int) -> None:
    numbers = [1, 1, 1, 1, 1, 1]
    numbers[place] = 0
    with pytest.raises(ValueError, match="greater than zero"):
        capacity(Load(*numbers))
    with pytest.raises(ValueError, match="greater than zero"):
        hours_of(0, 12)
