//! `blur`: a smooth membrane stretched over the hole from the ring around it; it looks like a heavy blur of what was
//! never read.
//!
//! The ring is one closed loop. Missing samples are drawn straight from the nearest known ones along the loop, so that
//! a side beyond the frame's edge takes over from its neighbours; the loop is smoothed, so that noise and texture make
//! no streaks; and a Coons patch (the sum of the two ruled surfaces between opposite sides, less the bilinear one
//! between the corners) carries it across, clamped to the loop's own range. Integers, and single precision in a fixed
//! order: every CPU paints the same bytes.

use crate::ring::Ring;
use crate::{PlaneMut, Region};

/// Ring values carry eight bits behind the point.
const ONE: i64 = 256;

/// The loop is averaged over this share of its length, about a quarter of a side, twice.
const SMOOTHED_SHARE: usize = 16;

/// The four sides of a stretched membrane, corners with the rows above and below, and the part of it that is painted.
pub struct Blur {
    part: Region,
    above: Vec<f32>,
    below: Vec<f32>,
    left: Vec<f32>,
    right: Vec<f32>,
    lowest: f32,
    highest: f32,
}

impl Blur {
    /// The membrane inside `ring`, to be painted over `hole`; nothing if not one sample of the ring is known.
    pub fn stretch(ring: &Ring, hole: Region) -> Option<Self> {
        let (width, height) = (ring.outline().width(), ring.outline().height());
        let closed = smooth(&bridge(&calm(ring.samples()))?);
        #[expect(clippy::cast_precision_loss, reason = "at most 255 * 256, which single precision holds exactly")]
        let values: Vec<f32> = closed.iter().map(|&value| value as f32 / ONE as f32).collect();
        let (above, rest) = values.split_at(width + 2);
        let (right, rest) = rest.split_at(height);
        let (below, left) = rest.split_at(width + 2);
        Some(Self {
            part: hole.relative_to(&ring.outline()),
            above: above.to_vec(),
            below: below.iter().rev().copied().collect(),
            left: left.iter().rev().copied().collect(),
            right: right.to_vec(),
            lowest: values.iter().copied().fold(f32::INFINITY, f32::min),
            highest: values.iter().copied().fold(f32::NEG_INFINITY, f32::max),
        })
    }

    /// Paint all of a window of the hole's size.
    pub fn lay(&self, window: &mut PlaneMut<'_>) {
        let across = fractions(self.above.len() - 2);
        let down = fractions(self.left.len());
        pulp::Arch::new().dispatch(Lay { blur: self, window, across: &across, down: &down });
    }

    #[inline(always)]
    fn lay_row(&self, row: &mut [u8], across: &[f32], y: usize, down: f32) {
        let columns = self.part.left..self.part.right;
        let corner = |x: usize| mix(self.above[x], self.below[x], down);
        // What the ruled surface between above and below lacks at either end of this row.
        let (start, end) = (self.left[y] - corner(0), self.right[y] - corner(across.len() + 1));
        let (above, below) = (&self.above[1..][columns.clone()], &self.below[1..][columns.clone()]);
        for (((sample, above), below), u) in row.iter_mut().zip(above).zip(below).zip(&across[columns]) {
            let value = mix(*above, *below, down) + mix(start, end, *u);
            *sample = rounded(clamp(value, self.lowest, self.highest));
        }
    }
}

/// The painting, compiled once for every CPU and once for those with wider registers; both round alike.
struct Lay<'a, 'b> {
    blur: &'a Blur,
    window: &'a mut PlaneMut<'b>,
    across: &'a [f32],
    down: &'a [f32],
}

impl pulp::NullaryFnOnce for Lay<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for y in 0..self.window.height() {
            let at = self.blur.part.top + y;
            self.blur.lay_row(self.window.row_mut(y), self.across, at, self.down[at]);
        }
    }
}

/// Every known sample in fixed point, as the mean of the known ones around it: a gap is bridged from what its banks look
/// like, not from the noise of the last sample on either.
fn calm(samples: &[Option<u8>]) -> Vec<Option<i64>> {
    let length = samples.len();
    let reach = reach_of(length);
    let value = |at: usize| samples[at % length].map_or((0, 0), |sample| (i64::from(sample) * ONE, 1));
    let (mut sum, mut count) =
        (0..=2 * reach).map(|at| value(at + length - reach)).fold((0, 0), |(s, n), (a, b)| (s + a, n + b));
    (0..length)
        .map(|at| {
            let mean = samples[at].map(|_| sum / count);
            let ((comes, one), (goes, other)) = (value(at + reach + 1), value(at + length - reach));
            sum += comes - goes;
            count += one - other;
            mean
        })
        .collect()
}

/// The known samples, and a straight line along the loop over every gap between them.
fn bridge(samples: &[Option<i64>]) -> Option<Vec<i64>> {
    let length = samples.len();
    let first = samples.iter().position(Option::is_some)?;
    let mut values = vec![0; length];
    let (mut from, mut value) = (first, samples[first]?);
    for at in first..=first + length {
        let Some(next) = samples[at % length] else { continue };
        let gap = signed(at - from);
        for (place, step) in (from..at).zip(0..) {
            values[place % length] = (value * (gap - step) + next * step) / gap;
        }
        (from, value) = (at, next);
    }
    Some(values)
}

/// How many samples on either side of one are averaged with it.
const fn reach_of(length: usize) -> usize {
    length / SMOOTHED_SHARE / 2
}

/// The mean over a window that slides along the closed loop.
fn smooth(values: &[i64]) -> Vec<i64> {
    let length = values.len();
    let reach = reach_of(length);
    let window = signed(2 * reach + 1);
    let mut sum: i64 = (0..=2 * reach).map(|at| values[(at + length - reach) % length]).sum();
    (0..length)
        .map(|at| {
            let mean = sum / window;
            sum += values[(at + reach + 1) % length] - values[(at + length - reach) % length];
            mean
        })
        .collect()
}

/// Where each of `count` samples lies between the ring's two sides, which are one step outside.
#[expect(clippy::cast_precision_loss, reason = "frames are narrower than 2^24 samples")]
fn fractions(count: usize) -> Vec<f32> {
    (1..=count).map(|at| at as f32 / (count + 1) as f32).collect()
}

#[inline(always)]
fn mix(from: f32, to: f32, share: f32) -> f32 {
    from + (to - from) * share
}

#[inline(always)]
fn clamp(value: f32, lowest: f32, highest: f32) -> f32 {
    let value = if value < lowest { lowest } else { value };
    if value > highest { highest } else { value }
}

#[inline(always)]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to sample values before")]
fn rounded(value: f32) -> u8 {
    // By way of i32, which every CPU converts to in one instruction.
    (value + 0.5) as i32 as u8
}

/// A length along the loop, which no address space makes too long for an `i64`.
#[expect(clippy::cast_possible_wrap, reason = "lengths are below 2^63")]
const fn signed(length: usize) -> i64 {
    length as i64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pictures::{plane, region};

    fn stretched(samples: &[u8], width: usize, hole: Region) -> Vec<u8> {
        let ring = Ring::read(plane(samples, width), hole, &[hole]);
        let mut painted = vec![0; hole.width() * hole.height()];
        Blur::stretch(&ring, hole).unwrap().lay(&mut PlaneMut::packed(&mut painted, hole.width()));
        painted
    }

    #[test]
    fn a_slope_goes_on_under_the_hole() {
        #[rustfmt::skip]
        let slope = [
            10, 20, 30, 40, 50,
            20, 99, 99, 99, 60,
            30, 99, 99, 99, 70,
            40, 50, 60, 70, 80,
        ];
        assert_eq!(stretched(&slope, 5, region(1, 1, 4, 3)), [30, 40, 50, 40, 50, 60]);
    }

    #[test]
    fn a_side_beyond_the_frame_takes_over_from_its_neighbours() {
        #[rustfmt::skip]
        let corner = [
            0, 0, 40,
            0, 0, 40,
            80, 80, 60,
        ];
        let painted = stretched(&corner, 3, region(0, 0, 2, 2));
        assert!(painted.iter().all(|sample| (40..=80).contains(sample)), "{painted:?}");
    }

    #[test]
    fn an_enclosed_hole_is_painted_as_part_of_what_encloses_it() {
        let samples: Vec<u8> = (0..63).map(|at| at * 4).collect();
        let hidden = [region(1, 1, 8, 6), region(3, 2, 5, 5)];
        let [outer, inner] = hidden.map(|hole| {
            let mut painted = vec![0; hole.width() * hole.height()];
            let ring = Ring::read(plane(&samples, 9), hole, &hidden);
            Blur::stretch(&ring, hole).unwrap().lay(&mut PlaneMut::packed(&mut painted, hole.width()));
            painted
        });
        let part: Vec<u8> = outer.chunks(7).skip(1).take(3).flat_map(|row| row[2..4].to_vec()).collect();
        assert_eq!(inner, part);
    }

    #[test]
    fn one_known_sample_paints_the_whole_hole() {
        assert_eq!(stretched(&[7, 7, 7, 9], 4, region(0, 0, 3, 1)), [9, 9, 9]);
    }

    #[test]
    fn a_gap_is_bridged_the_short_way_along_the_loop() {
        let bridged = bridge(&[None, Some(3), None, None, Some(0), None]).unwrap();
        assert_eq!(bridged, [2, 3, 2, 1, 0, 1]);
    }

    #[test]
    fn a_gap_is_bridged_from_what_its_banks_look_like() {
        let mut samples = [None; 96];
        samples[..8].copy_from_slice(&[90, 110, 90, 110, 90, 110, 90, 150].map(Some));
        let banks = calm(&samples);
        assert!(banks[..8].iter().all(|bank| bank.is_some_and(|value| (95 * ONE..120 * ONE).contains(&value))));
        assert!(banks[8..].iter().all(Option::is_none));
    }

    proptest! {
        #[test]
        fn never_leaves_the_range_of_its_ring(
            samples in prop::collection::vec(any::<u8>(), 12 * 9),
            (left, top) in (1_usize..6, 1_usize..4),
            (width, height) in (1_usize..6, 1_usize..5),
        ) {
            let hole = region(left, top, left + width, top + height);
            let ring = Ring::read(plane(&samples, 12), hole, &[hole]);
            let known: Vec<u8> = ring.samples().iter().flatten().copied().collect();
            let (low, high) = (*known.iter().min().unwrap(), *known.iter().max().unwrap());
            prop_assert!(stretched(&samples, 12, hole).iter().all(|sample| (low..=high).contains(sample)));
        }
    }
}
