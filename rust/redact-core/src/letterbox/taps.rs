//! Which source samples each target pixel mixes along one axis, and by how much.

use std::ops::{Add, AddAssign, Mul, Range};

/// Shorter overlaps than this are a rounding error of the edge, not a share of a sample.
const NOTHING: f64 = 1e-6;

/// Weights are at most so many parts of a whole: as many white samples fit into sixteen bits.
pub const MOST_PARTS: u16 = u16::MAX / 255;

/// What samples are mixed in: whole parts where that is exact, and a register holds twice as many of them; else reals.
pub trait Number: Copy + Default + Add<Output = Self> + AddAssign + Mul<Output = Self> + From<u8> + Into<f32> {}

impl Number for u16 {}
impl Number for f32 {}

/// One axis of a letterbox: a span of luma samples, cut into target pixels of `step` samples each.
pub struct Axis {
    start: usize,
    end: usize,
    /// Luma samples per target pixels, in lowest terms.
    ratio: (usize, usize),
    count: usize,
    mirrored: bool,
}

impl Axis {
    /// The span `start..end`, for a target with `room` pixels; `ratio.0` samples become `ratio.1` pixels.
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small")]
    pub fn new((start, end): (usize, usize), ratio: (usize, usize), room: usize, mirrored: bool) -> Self {
        let step = ratio.0 as f64 / ratio.1 as f64;
        let count = ((end - start) as f64 / step - NOTHING).ceil() as usize;
        Self { start, end, ratio, count: count.clamp(1, room), mirrored }
    }

    /// Target pixels and luma samples, or chroma samples, after which the taps repeat.
    pub const fn period(&self, chroma: bool) -> (usize, usize) {
        match (chroma, self.ratio) {
            (false, (samples, pixels)) => (pixels, samples),
            (true, (samples, pixels)) if samples % 2 == 0 => (pixels, samples / 2),
            (true, (samples, pixels)) => (2 * pixels, samples),
        }
    }

    pub fn luma(&self) -> Taps<f32> {
        self.taps(self.start..self.end, |edge| edge)
    }

    /// Chroma sample n is level with luma column 2n: it stands for what lies half a column to either side of that.
    pub fn chroma_columns(&self) -> Taps<f32> {
        self.taps(self.start / 2..self.end.div_ceil(2), |edge| edge / 2.0 + 0.25)
    }

    /// Chroma sample n is half-way between luma rows 2n and 2n + 1.
    pub fn chroma_rows(&self) -> Taps<f32> {
        self.taps(self.start / 2..self.end.div_ceil(2), |edge| edge / 2.0)
    }

    /// Taps over `samples`; `place` turns an edge between luma samples into one between samples of the plane.
    #[expect(clippy::cast_precision_loss, reason = "frames are narrower than 2^52 samples")]
    fn taps(&self, samples: Range<usize>, place: impl Fn(f64) -> f64) -> Taps<f32> {
        let (start, end) = (self.start as f64, self.end as f64);
        let step = self.ratio.0 as f64 / self.ratio.1 as f64;
        let mut shares = Shares::default();
        for at in 0..self.count {
            let (near, far) = (at as f64 * step, (at + 1) as f64 * step);
            let (low, high) = if self.mirrored { (end - far, end - near) } else { (start + near, start + far) };
            let (low, high) = (place(low), place(high));
            if high - low > 1.0 - NOTHING {
                shares.average(low, high, &samples);
            } else {
                shares.interpolate(low, high, &samples);
            }
        }
        Taps::new(&shares, samples)
    }
}

/// What target pixels mix, one after the other: their first samples, and the shares of those and the next ones.
#[derive(Default)]
struct Shares {
    firsts: Vec<usize>,
    ends: Vec<usize>,
    parts: Vec<f64>,
}

impl Shares {
    fn push(&mut self, first: usize, shares: impl IntoIterator<Item = f64>) {
        self.firsts.push(first);
        self.parts.extend(shares);
        self.ends.push(self.parts.len());
    }

    fn each(&self) -> impl Iterator<Item = (usize, &[f64])> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let shares = starts.zip(&self.ends).map(|(start, end)| &self.parts[start..*end]);
        self.firsts.iter().copied().zip(shares)
    }

    /// The samples under `low..high`, each by its share of it.
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small")]
    fn average(&mut self, low: f64, high: f64, samples: &Range<usize>) {
        let (low, high) = (low.max(samples.start as f64), high.min(samples.end as f64));
        let first = ((low + NOTHING).floor() as usize).min(samples.end - 1);
        let last = ((high - NOTHING).ceil() as usize).clamp(first + 1, samples.end);
        let share = |sample: usize| (high.min((sample + 1) as f64) - low.max(sample as f64)).max(0.0);
        let sum: f64 = (first..last).map(share).sum();
        if sum < NOTHING {
            self.push(first, [1.0]);
        } else {
            self.push(first, (first..last).map(|sample| share(sample) / sum));
        }
    }

    /// The two samples whose centres are nearest to the middle of `low..high`; beyond the last centre, the last sample.
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small")]
    fn interpolate(&mut self, low: f64, high: f64, samples: &Range<usize>) {
        let (first, last) = (samples.start as f64, (samples.end - 1) as f64);
        let middle = (f64::midpoint(low, high) - 0.5).clamp(first, last);
        let before = middle.floor();
        let share = middle - before;
        if share < NOTHING {
            self.push(before as usize, [1.0]);
        } else {
            self.push(before as usize, [1.0 - share, share]);
        }
    }
}

/// The tables of one axis of one plane. All target pixels have the same number of taps, some of them weightless.
pub struct Taps<N> {
    samples: Range<usize>,
    width: usize,
    starts: Vec<usize>,
    weights: Vec<N>,
}

impl Taps<f32> {
    #[expect(clippy::cast_possible_truncation, reason = "weights are within 0 and 1")]
    fn new(shares: &Shares, samples: Range<usize>) -> Self {
        let width = shares.each().map(|(_, shares)| shares.len()).max().unwrap_or(1);
        let mut starts = Vec::with_capacity(shares.firsts.len());
        let mut weights = vec![0.0; width * shares.firsts.len()];
        for ((first, shares), row) in shares.each().zip(weights.chunks_exact_mut(width)) {
            // The last windows would reach beyond the plane: they begin earlier, with nothing.
            let start = first.min(samples.end - width);
            starts.push(start);
            for (slot, share) in row[first - start..].iter_mut().zip(shares) {
                *slot = *share as f32;
            }
        }
        Self { samples, width, starts, weights }
    }

    /// The same in whole parts, and how many of them each target pixel has, if they are so few that nothing is lost.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "weights are within 0 and 1")]
    pub fn in_parts(&self) -> Option<(Taps<u16>, u16)> {
        let close = |scaled: f32| (scaled - (scaled + 0.5).floor()).abs() < 1e-3;
        let whole = |parts: u16| self.weights.iter().all(|weight| close(weight * f32::from(parts)));
        let parts = (1..=MOST_PARTS).find(|parts| whole(*parts))?;
        let weights = self.weights.iter().map(|weight| (weight * f32::from(parts)).round() as u16).collect();
        let Self { samples, width, starts, .. } = self;
        Some((Taps { samples: samples.clone(), width: *width, starts: starts.clone(), weights }, parts))
    }
}

impl<N: Number> Taps<N> {
    /// Target pixels.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// The samples that any target pixel may read.
    pub fn samples(&self) -> Range<usize> {
        self.samples.clone()
    }

    /// First sample and weights of one target pixel.
    pub fn at(&self, pixel: usize) -> (usize, &[N]) {
        (self.starts[pixel], &self.weights[pixel * self.width..][..self.width])
    }

    /// Mix one target pixel of a row, whose first value is that of the first of `samples`.
    #[inline(always)]
    pub fn mix_one(&self, row: &[N], pixel: usize) -> N {
        let (start, weights) = self.at(pixel);
        let window = &row[start - self.samples.start..][..self.width];
        window.iter().zip(weights).fold(N::default(), |sum, (sample, weight)| sum + *sample * *weight)
    }

    /// Mix a row.
    #[inline(always)]
    pub fn mix(&self, row: &[N], mixed: &mut [N]) {
        match self.width {
            1 => self.mix_width::<1>(row, mixed),
            2 => self.mix_width::<2>(row, mixed),
            3 => self.mix_width::<3>(row, mixed),
            4 => self.mix_width::<4>(row, mixed),
            _ => {
                for (pixel, value) in mixed.iter_mut().enumerate() {
                    *value = self.mix_one(row, pixel);
                }
            }
        }
    }

    #[inline(always)]
    fn mix_width<const WIDTH: usize>(&self, row: &[N], mixed: &mut [N]) {
        for ((value, start), weights) in mixed.iter_mut().zip(&self.starts).zip(self.weights.chunks_exact(WIDTH)) {
            let window = &row[start - self.samples.start..][..WIDTH];
            let mut sum = window[0] * weights[0];
            for nth in 1..WIDTH {
                sum += window[nth] * weights[nth];
            }
            *value = sum;
        }
    }
}

/// Mix as many rows as there are weights into one.
#[inline(always)]
pub fn mix_rows<'a, N: Number>(mixed: &mut [N], weights: &[N], row: impl Fn(usize) -> &'a [u8]) {
    match *weights {
        [one] => {
            for (value, a) in mixed.iter_mut().zip(row(0)) {
                *value = N::from(*a) * one;
            }
        }
        [one, two] => {
            for ((value, a), b) in mixed.iter_mut().zip(row(0)).zip(row(1)) {
                *value = N::from(*a) * one + N::from(*b) * two;
            }
        }
        [one, two, three] => {
            for (((value, a), b), c) in mixed.iter_mut().zip(row(0)).zip(row(1)).zip(row(2)) {
                *value = N::from(*a) * one + N::from(*b) * two + N::from(*c) * three;
            }
        }
        _ => {
            mixed.fill(N::default());
            for (nth, pair) in weights.chunks(2).enumerate() {
                if let [one, two] = *pair {
                    for ((value, a), b) in mixed.iter_mut().zip(row(2 * nth)).zip(row(2 * nth + 1)) {
                        *value += N::from(*a) * one + N::from(*b) * two;
                    }
                } else {
                    for (value, a) in mixed.iter_mut().zip(row(2 * nth)) {
                        *value += N::from(*a) * pair[0];
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(taps: &Taps<f32>) -> Vec<(usize, Vec<f32>)> {
        (0..taps.len()).map(|pixel| (taps.at(pixel).0, taps.at(pixel).1.to_vec())).collect()
    }

    fn mixed(taps: &Taps<f32>, row: &[f32]) -> Vec<f32> {
        let mut mixed = vec![0.0; taps.len()];
        taps.mix(row, &mut mixed);
        mixed
    }

    #[test]
    fn shrinking_shares_a_sample_on_the_border_of_two_pixels() {
        let taps = Axis::new((0, 6), (3, 2), 4, false).luma();
        let (one, two) = (1.0 / 3.0, 2.0 / 3.0);
        assert_eq!(listed(&taps)[..2], [(0, vec![two, one]), (1, vec![one, two])]);
        let (whole, parts) = taps.in_parts().unwrap();
        assert_eq!((&whole.weights[..], parts), (&[2, 1, 1, 2, 2, 1, 1, 2][..], 3));
    }

    #[test]
    fn growing_interpolates_between_centres_and_carries_the_ends_on() {
        let taps = Axis::new((0, 2), (1, 2), 4, false).luma();
        assert_eq!(mixed(&taps, &[0.0, 8.0]), [0.0, 2.0, 6.0, 8.0]);
    }

    #[test]
    fn a_mirrored_axis_begins_at_its_far_end() {
        let taps = Axis::new((1, 6), (2, 1), 9, true).luma();
        assert_eq!(mixed(&taps, &[1.0, 2.0, 3.0, 4.0, 5.0]), [4.5, 2.5, 1.0]);
    }

    #[test]
    fn chroma_is_level_with_left_columns_and_between_rows() {
        let axis = Axis::new((0, 4), (1, 1), 4, false);
        assert_eq!(mixed(&axis.chroma_columns(), &[0.0, 8.0]), [0.0, 4.0, 8.0, 8.0]);
        assert_eq!(mixed(&axis.chroma_rows(), &[0.0, 8.0]), [0.0, 2.0, 6.0, 8.0]);
        assert_eq!((axis.period(false), axis.period(true)), ((1, 1), (2, 1)));
    }

    #[test]
    fn the_last_pixel_averages_what_is_left() {
        let taps = Axis::new((0, 7), (3, 1), 9, false).luma();
        assert_eq!(mixed(&taps, &[0.0, 3.0, 6.0, 1.0, 1.0, 1.0, 9.0]), [3.0, 1.0, 9.0]);
    }

    #[test]
    fn rows_mix_alike_in_parts_and_reals() {
        let rows: [[u8; 2]; 6] = [[255, 0], [255, 10], [255, 20], [255, 30], [255, 40], [255, 50]];
        for count in 1..=6_u8 {
            let (mut real, mut whole) = ([9.0; 2], [9; 2]);
            mix_rows(&mut real, &vec![1.0; count.into()], |nth| &rows[nth]);
            mix_rows(&mut whole, &vec![1; count.into()], |nth| &rows[nth]);
            assert_eq!(real.to_vec(), whole.map(f32::from).to_vec());
            assert_eq!(whole[0], u16::from(count) * 255);
        }
    }

    #[test]
    fn parts_of_a_white_row_fit_into_sixteen_bits_and_odd_ratios_have_none() {
        assert_eq!(MOST_PARTS.checked_mul(255), Some(u16::MAX));
        assert!(Axis::new((0, 854), (427, 320), 640, false).luma().in_parts().is_none());
    }
}
