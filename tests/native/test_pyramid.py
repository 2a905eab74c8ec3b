"""What boxes are followed on: the luma of a frame, upright, at sizes that halve."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bodycam_pipeline._native import Pyramid
from bodycam_pipeline.following.steps import FOUND_AGAIN, SURE_ERROR, SURE_LIKENESS
from bodycam_pipeline.values.geometry import Box
from tests.following.scenes import SIZE, Blob, frame_of, going, ground, luma, pyramid
from tests.native.test_letterbox import UPRIGHT

BLOB = Blob(going(60, 50, 3, 2))
Sides = tuple[float, float, float, float]


def sides(box: Box) -> Sides:
    return box.left, box.top, box.right, box.bottom


def halved(rows: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Means of two by two, rounded; the last row and column stand twice where there is an odd number."""
    even = np.pad(rows.astype(int), [(0, side % 2) for side in rows.shape], mode="edge")
    return ((even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2] + 2) // 4).astype(np.uint8)


def noise(height: int, width: int) -> NDArray[np.uint8]:
    return np.random.default_rng(height * 7919 + width).integers(0, 256, (height, width), dtype=np.uint8)


class TestLevels:
    """Sizes, and which way is up."""

    @pytest.mark.parametrize(
        ("size", "finest", "small"),
        [
            ((1080, 1920), (540, 960), (68, 120)),
            ((1920, 1080), (960, 540), (120, 68)),
            ((2160, 3840), (540, 960), (68, 120)),
            ((720, 1280), (360, 640), (45, 80)),
            ((192, 320), (192, 320), (48, 80)),
            ((961, 3), (481, 2), (481, 2)),
            ((1, 1), (1, 1), (1, 1)),
        ],
    )
    def test_the_finest_has_at_most_960_samples_and_the_small_one_as_few_as_asked(
        self, size: tuple[int, int], finest: tuple[int, int], small: tuple[int, int]
    ) -> None:
        made = Pyramid(frame_of(np.zeros(size, np.uint8)))
        assert made.small(10_000).shape == finest
        assert made.small(128).shape == small

    @pytest.mark.parametrize("size", [(192, 320), (191, 319), (33, 64)])
    def test_a_picture_that_is_small_enough_is_kept_and_each_level_is_half_of_the_one_before(
        self, size: tuple[int, int]
    ) -> None:
        picture = noise(*size)
        made = Pyramid(frame_of(picture))
        assert np.array_equal(made.small(960), picture)
        assert np.array_equal(made.small(max(size) - 1), halved(picture))
        again = halved(halved(picture))
        if min(size) >= 64:
            assert np.array_equal(made.small(max(again.shape)), again)

    @pytest.mark.parametrize("size", [(540, 962), (1081, 1921), (1921, 1081), (2161, 3841)])
    def test_a_large_one_is_halved_until_it_fits(self, size: tuple[int, int]) -> None:
        picture = noise(*size)
        expected = picture
        while max(expected.shape) > 960:
            expected = halved(expected)
        assert np.array_equal(Pyramid(frame_of(picture)).small(960), expected)

    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_every_orientation_is_turned_upright(self, orientation: int) -> None:
        picture = noise(100, 160)
        made = Pyramid(frame_of(picture), orientation=orientation)
        assert np.array_equal(made.small(960), UPRIGHT[orientation](picture))
        assert np.array_equal(made.small(80), UPRIGHT[orientation](halved(picture)))

    def test_the_same_frame_gives_the_same_bits_twice(self) -> None:
        picture = noise(1081, 1921)
        one, other = (Pyramid(frame_of(picture)) for _ in range(2))
        assert all(np.array_equal(one.small(n), other.small(n)) for n in (960, 480, 240, 128))

    @pytest.mark.parametrize("orientation", [0, 9, -1])
    def test_an_unknown_orientation_is_refused(self, orientation: int) -> None:
        with pytest.raises(ValueError, match="orientation"):
            Pyramid(frame_of(noise(16, 16)), orientation=orientation)


class TestFollowing:
    """Where what a box holds is in another frame."""

    @pytest.mark.parametrize(("frame", "to"), [(0, 1), (1, 0), (0, 5), (5, 0), (3, 3)])
    def test_a_thing_that_moved_is_found_forward_and_back(self, frame: int, to: int) -> None:
        pictures = {n: pyramid(luma(n, BLOB)) for n in (frame, to)}
        place, error, likeness = pictures[frame].follow(pictures[to], sides(BLOB.box(frame)), [(0.0, 0.0)])
        assert place == pytest.approx(sides(BLOB.box(to)), abs=0.2)
        assert error < 0.01
        assert likeness > 0.99

    @given(
        st.integers(-8, 8),
        st.integers(-8, 8),
        st.sampled_from([16, 24, 40, 64]),
        st.integers(0, 50),
        st.sampled_from([0.6, 1.0]),
    )
    @settings(max_examples=40)
    def test_wherever_it_goes_and_however_the_light_changes(
        self, x: int, y: int, side: int, seed: int, gain: float
    ) -> None:
        blob = Blob(going(120, 60, x, y), side=side, seed=seed)
        dimmed = (luma(1, blob).astype(float) * gain + 10).clip(0, 255).astype(np.uint8)
        place, error, likeness = pyramid(luma(0, blob)).follow(
            pyramid(dimmed), sides(blob.box(0)), [(x * 0.8, y * 0.8)]
        )
        assert place == pytest.approx(sides(blob.box(1)), abs=0.05 * side)
        assert error <= SURE_ERROR
        assert likeness >= SURE_LIKENESS

    def test_it_grows_with_what_it_holds(self) -> None:
        near = luma(0, Blob(going(0, 0), side=192, seed=4))
        y, x = np.mgrid[: SIZE[1], : SIZE[0]]
        rows, columns = (((at - 96) / 1.1 + 96).round().astype(int).clip(0, 191) for at in (y, x))
        zoomed = near[rows, columns]
        (left, top, right, bottom), error, likeness = pyramid(near).follow(
            pyramid(zoomed), (72, 72, 120, 120), [(0.0, 0.0)]
        )
        assert (right - left, bottom - top) == pytest.approx((48 * 1.1, 48 * 1.1), rel=0.03)
        assert error <= SURE_ERROR
        assert likeness >= SURE_LIKENESS

    def test_the_best_of_the_guesses_is_taken(self) -> None:
        far = Blob(lambda n: (40 + 130 * n, 50 + 40 * n))
        one, other = pyramid(luma(0, far)), pyramid(luma(1, far))
        assert one.follow(other, sides(far.box(0)), [(0.0, 0.0)])[2] < SURE_LIKENESS, "too far to be found without"
        for guesses in ([(0.0, 0.0), (128.0, 41.0)], [(128.0, 41.0), (0.0, 0.0)]):
            place, _, likeness = one.follow(other, sides(far.box(0)), guesses)
            assert place == pytest.approx(sides(far.box(1)), abs=0.5)
            assert likeness > 0.99

    @pytest.mark.parametrize(
        "after",
        [
            lambda: luma(1),
            lambda: luma(1, Blob(BLOB.path, seed=5)),
            lambda: luma(1, of=ground(7, 60)),
            lambda: np.full(SIZE[::-1], 120, np.uint8),
            lambda: noise(*SIZE[::-1]),
        ],
    )
    def test_what_is_gone_is_not_likely_there(self, after: Callable[[], NDArray[np.uint8]]) -> None:
        before = pyramid(luma(0, BLOB))
        _, error, likeness = before.follow(pyramid(after()), sides(BLOB.box(0)), [(0.0, 0.0)])
        assert likeness < SURE_LIKENESS or error > SURE_ERROR
        assert before.find(pyramid(after()), sides(BLOB.box(0)), (0.0, 0.0))[2] < FOUND_AGAIN

    def test_what_comes_back_is_found_near_where_it_is_looked_for(self) -> None:
        place, error, likeness = pyramid(luma(0, BLOB)).find(pyramid(luma(9, BLOB)), sides(BLOB.box(0)), (24.0, 15.0))
        assert place == pytest.approx(sides(BLOB.box(9)), abs=0.5)
        assert error == 0
        assert likeness >= FOUND_AGAIN

    def test_nothing_can_be_followed_where_there_is_no_texture(self) -> None:
        flat = pyramid(np.full(SIZE[::-1], 120, np.uint8))
        assert flat.follow(flat, (60, 60, 90, 90), [(0.0, 0.0)])[2] < SURE_LIKENESS

    @pytest.mark.parametrize("box", [(-500, -500, -400, -400), (0, 0, 1e-3, 1e-3), (0, 0, 1e9, 1e9)])
    def test_a_box_with_nothing_in_it_is_never_sure(self, box: Sides) -> None:
        one = pyramid(luma(0, BLOB))
        place, error, likeness = one.follow(one, box, [(0.0, 0.0)])
        assert likeness < SURE_LIKENESS
        assert np.isfinite([*place, error, likeness]).all()

    def test_the_same_frames_give_the_same_bits_twice(self) -> None:
        def followed() -> list[Any]:
            one, other = pyramid(luma(0, BLOB)), pyramid(luma(1, BLOB))
            boxes = [(x, y, x + side, y + side) for x in (55, 71) for y in (41, 60) for side in (13, 32, 47)]
            found = [one.follow(other, box, [(0.0, 0.0), (3.1, 1.7)]) for box in boxes]
            return [*found, *(one.find(other, box, (3.1, 1.7)) for box in boxes)]

        assert followed() == followed()

    @pytest.mark.parametrize(
        "box",
        [
            (5, 5, 5, 9),
            (9, 5, 5, 9),
            (5, 9, 9, 9),
            (np.nan, 1, 2, 3),
            (1, 1, np.inf, 5),
            (1, -np.inf, 3, 5),
            (1, 1, 5, np.nan),
        ],
    )
    def test_an_empty_box_or_one_that_is_no_box_is_refused(self, box: Sides) -> None:
        one = pyramid(luma(0))
        with pytest.raises(ValueError, match="left < right and top < bottom, finite"):
            one.follow(one, box, [(0.0, 0.0)])
        with pytest.raises(ValueError, match="left < right and top < bottom, finite"):
            one.find(one, box, (0.0, 0.0))

    @pytest.mark.parametrize("guesses", [[], [(np.nan, 0.0)], [(0.0, 0.0), (0.0, np.inf)]])
    def test_no_guess_or_one_that_is_no_place_is_refused(self, guesses: list[tuple[float, float]]) -> None:
        one = pyramid(luma(0))
        with pytest.raises(ValueError, match="finite guess"):
            one.follow(one, (5, 5, 9, 9), guesses)

    def test_frames_of_two_sizes_are_refused(self) -> None:
        one, other = pyramid(luma(0)), pyramid(luma(0)[:100])
        with pytest.raises(ValueError, match="one size"):
            one.follow(other, (5, 5, 9, 9), [(0.0, 0.0)])
        with pytest.raises(ValueError, match="one size"):
            one.find(other, (5, 5, 9, 9), (0.0, 0.0))
