//! Which source samples each target pixel mixes along one axis, and by how much.

use std::ops::Range;

/// Shorter overlaps than this are a rounding error of the edge, not a share of a sample.
const NOTHING: f64 = 1e-6;

/// One axis of a letterbox: a span of luma samples, cut into target pixels of `step` samples each.
pub struct Axis {
    start: usize,
    end: usize,
    step: f64,
    count: usize,
    mirrored: bool,
}

impl Axis {
    /// The span `start..end`, for a target with `room` pixels.
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small")]
    pub fn new((start, end): (usize, usize), step: f64, room: usize, mirrored: bool) -> Self {
        let count = ((end - start) as f64 / step - NOTHING).ceil() as usize;
        Self { start, end, step, count: count.clamp(1, room), mirrored }
    }

    /// Target pixels that the span covers, the last one perhaps in part.
    pub const fn count(&self) -> usize {
        self.count
    }

    pub fn luma(&self) -> Taps {
        self.taps(self.start..self.end, |edge| edge)
    }

    /// Chroma sample n is level with luma column 2n: it stands for what lies half a column to either side of that.
    pub fn chroma_columns(&self) -> Taps {
        self.taps(self.start / 2..self.end.div_ceil(2), |edge| edge / 2.0 + 0.25)
    }

    /// Chroma sample n is half-way between luma rows 2n and 2n + 1.
    pub fn chroma_rows(&self) -> Taps {
        self.taps(self.start / 2..self.end.div_ceil(2), |edge| edge / 2.0)
    }

    /// Taps over `samples`; `place` turns an edge between luma samples into one between samples of the plane.
    #[expect(clippy::cast_precision_loss, reason = "frames are narrower than 2^52 samples")]
    fn taps(&self, samples: Range<usize>, place: impl Fn(f64) -> f64) -> Taps {
        let (start, end) = (self.start as f64, self.end as f64);
        let mixed = (0..self.count).map(|at| {
            let (near, far) = (at as f64 * self.step, (at + 1) as f64 * self.step);
            let (low, high) = if self.mirrored { (end - far, end - near) } else { (start + near, start + far) };
            let (low, high) = (place(low), place(high));
            if high - low > 1.0 - NOTHING { average(low, high, &samples) } else { interpolate(low, high, &samples) }
        });
        Taps::new(mixed.collect(), samples.clone())
    }
}

/// The samples under `low..high`, each by its share of it.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small, >= 0")]
fn average(low: f64, high: f64, samples: &Range<usize>) -> (usize, Vec<f64>) {
    let (low, high) = (low.max(samples.start as f64), high.min(samples.end as f64));
    let first = ((low + NOTHING).floor() as usize).min(samples.end - 1);
    let last = ((high - NOTHING).ceil() as usize).clamp(first + 1, samples.end);
    let share = |sample: usize| (high.min((sample + 1) as f64) - low.max(sample as f64)).max(0.0);
    let shares: Vec<f64> = (first..last).map(share).collect();
    let sum: f64 = shares.iter().sum();
    if sum < NOTHING {
        return (first, vec![1.0]);
    }
    (first, shares.into_iter().map(|share| share / sum).collect())
}

/// The two samples whose centres are nearest to the middle of `low..high`; beyond the last centre, the last sample.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small, >= 0")]
fn interpolate(low: f64, high: f64, samples: &Range<usize>) -> (usize, Vec<f64>) {
    let (first, last) = (samples.start as f64, (samples.end - 1) as f64);
    let middle = (f64::midpoint(low, high) - 0.5).clamp(first, last);
    let before = middle.floor();
    let share = middle - before;
    if share < NOTHING {
        return (before as usize, vec![1.0]);
    }
    (before as usize, vec![1.0 - share, share])
}

/// The tables of one axis of one plane. All target pixels have the same number of taps, some of them weightless.
pub struct Taps {
    samples: Range<usize>,
    width: usize,
    starts: Vec<usize>,
    weights: Vec<f32>,
}

impl Taps {
    #[expect(clippy::cast_possible_truncation, reason = "weights are within 0 and 1")]
    fn new(mixed: Vec<(usize, Vec<f64>)>, samples: Range<usize>) -> Self {
        let width = mixed.iter().map(|(_, weights)| weights.len()).max().unwrap_or(1);
        let mut taps = Self { samples, width, starts: Vec::new(), weights: Vec::new() };
        for (first, weights) in mixed {
            // The last windows would reach beyond the plane: they begin earlier, with nothing.
            let start = first.min(taps.samples.end - width);
            taps.starts.push(start);
            let row = taps.weights.len();
            taps.weights.resize(row + width, 0.0);
            for (slot, weight) in taps.weights[row + first - start..].iter_mut().zip(weights) {
                *slot = weight as f32;
            }
        }
        taps
    }

    /// Target pixels.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// The samples that any target pixel may read.
    pub fn samples(&self) -> Range<usize> {
        self.samples.clone()
    }

    /// First sample and weights of one target pixel.
    pub fn at(&self, pixel: usize) -> (usize, &[f32]) {
        (self.starts[pixel], &self.weights[pixel * self.width..][..self.width])
    }

    /// Mix a row, whose first value is that of the first of `samples`.
    #[inline(always)]
    pub fn mix(&self, row: &[f32], mixed: &mut [f32]) {
        match self.width {
            1 => self.mix_width::<1>(row, mixed),
            2 => self.mix_width::<2>(row, mixed),
            3 => self.mix_width::<3>(row, mixed),
            4 => self.mix_width::<4>(row, mixed),
            _ => {
                for (nth, value) in mixed.iter_mut().enumerate() {
                    let (start, weights) = self.at(nth);
                    let window = &row[start - self.samples.start..][..self.width];
                    *value = window.iter().zip(weights).fold(0.0, |sum, (sample, weight)| sum + sample * weight);
                }
            }
        }
    }

    #[inline(always)]
    fn mix_width<const WIDTH: usize>(&self, row: &[f32], mixed: &mut [f32]) {
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
pub fn mix_rows<'a>(mixed: &mut [f32], weights: &[f32], row: impl Fn(usize) -> &'a [u8]) {
    let (pairs, last) = weights.split_at(weights.len() / 2 * 2);
    if let [weight] = last {
        let sole = pairs.is_empty();
        for (value, sample) in mixed.iter_mut().zip(row(weights.len() - 1)) {
            *value = f32::from(*sample) * weight;
        }
        if sole {
            return;
        }
    } else {
        mixed.fill(0.0);
    }
    for (nth, pair) in pairs.chunks_exact(2).enumerate() {
        let (first, second) = (row(2 * nth), row(2 * nth + 1));
        for ((value, a), b) in mixed.iter_mut().zip(first).zip(second) {
            *value += f32::from(*a) * pair[0] + f32::from(*b) * pair[1];
        }
    }
}
