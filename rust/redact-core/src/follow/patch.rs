//! What lies in a box, as a fixed number of samples: interpolated, evened in light and contrast, compared.

use super::pyramid::Level;

/// Samples along each side of a patch.
pub const SIDE: usize = 24;
pub const COUNT: usize = SIDE * SIDE;

/// Sums run in so many lanes, which are added in one order: the same bits whatever the registers hold.
const LANES: usize = 8;

pub type Samples = [f32; COUNT];

/// A box by its centre and sides, in upright pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    pub x: f32,
    pub y: f32,
    pub width: f32,
    pub height: f32,
}

impl Area {
    /// The geometric mean of the sides.
    pub fn side(self) -> f32 {
        (self.width * self.height).max(1e-6).sqrt()
    }

    pub fn moved(self, x: f32, y: f32) -> Self {
        Self { x: self.x + x, y: self.y + y, ..self }
    }

    pub fn distance(self, other: Self) -> f32 {
        let (x, y) = (self.x - other.x, self.y - other.y);
        (x * x + y * y).sqrt()
    }
}

/// Where a sample lies in its box, -0.5..0.5 from the middle.
#[expect(clippy::cast_precision_loss, reason = "at most 24")]
pub fn place(sample: usize) -> f32 {
    (sample as f32 + 0.5) / SIDE as f32 - 0.5
}

/// How much each sample counts: an ellipse, because the corners of a box are background.
pub fn weights() -> Samples {
    std::array::from_fn(|i| {
        let (x, y) = (place(i % SIDE), place(i / SIDE));
        (1.15 - 4.0 * (x * x + y * y)).clamp(0.0, 1.0).sqrt()
    })
}

/// Which two neighbouring samples of a level a place lies between, and how far it is to the second.
#[derive(Clone, Copy, Default)]
struct Between {
    first: usize,
    share: f32,
}

#[inline(always)]
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
fn between(centre: f32, length: f32, factor: f32, samples: usize) -> [Between; SIDE] {
    let (centre, length, last) = (centre * factor - 0.5, length * factor, samples - 1);
    std::array::from_fn(|i| {
        let at = (centre + place(i) * length).clamp(0.0, last as f32);
        let first = (at as usize).min(last.saturating_sub(1));
        Between { first, share: at - first as f32 }
    })
}

/// The samples of a box; what lies outside the picture repeats its edge.
#[inline(always)]
pub fn sample(level: &Level, area: Area, factor: f32, out: &mut Samples) {
    let columns = between(area.x, area.width, factor, level.width);
    let rows = between(area.y, area.height, factor, level.height);
    for (line, row) in out.chunks_exact_mut(SIDE).zip(rows) {
        let (above, below) = (level.row(row.first), level.row((row.first + 1).min(level.height - 1)));
        for (value, column) in line.iter_mut().zip(columns) {
            let (left, right) = (column.first, (column.first + 1).min(level.width - 1));
            let mix =
                |line: &[u8]| f32::from(line[left]) * (1.0 - column.share) + f32::from(line[right]) * column.share;
            *value = mix(above) * (1.0 - row.share) + mix(below) * row.share;
        }
    }
}

/// The sum of a value of each sample.
#[inline(always)]
pub fn sum(value: impl Fn(usize) -> f32) -> f32 {
    let mut lanes = [0.0; LANES];
    for chunk in 0..COUNT / LANES {
        for (lane, total) in lanes.iter_mut().enumerate() {
            *total += value(chunk * LANES + lane);
        }
    }
    ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]))
}

/// Take out the mean, and scale to one unit of weighted energy.
#[inline(always)]
#[expect(clippy::cast_precision_loss, reason = "576 samples")]
pub fn even(samples: &mut Samples, weights: &Samples) {
    let mean = sum(|i| samples[i]) / COUNT as f32;
    for value in samples.iter_mut() {
        *value -= mean;
    }
    let energy = sum(|i| samples[i] * samples[i] * weights[i]);
    let scale = 1.0 / (energy.sqrt() + 1e-6);
    for value in samples.iter_mut() {
        *value *= scale;
    }
}

/// The correlation of what two boxes hold, -1..1.
#[inline(always)]
pub fn likeness(first: (&Level, Area), second: (&Level, Area), factor: f32) -> f32 {
    let (mut one, mut other, flat) = ([0.0; COUNT], [0.0; COUNT], [1.0; COUNT]);
    sample(first.0, first.1, factor, &mut one);
    sample(second.0, second.1, factor, &mut other);
    even(&mut one, &flat);
    even(&mut other, &flat);
    sum(|i| one[i] * other[i])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp() -> Level {
        Level { width: 40, height: 30, samples: (0..1200).map(|i| u8::try_from(i % 40 * 4).unwrap()).collect() }
    }

    #[test]
    fn samples_of_a_ramp_are_where_they_lie() {
        let mut out = [0.0; COUNT];
        sample(&ramp(), Area { x: 20.0, y: 15.0, width: 24.0, height: 24.0 }, 1.0, &mut out);
        assert!((out[0] - 4.0 * 8.0).abs() < 1e-4, "{}", out[0]);
        assert!((out[SIDE - 1] - 4.0 * 31.0).abs() < 1e-4);
    }

    #[test]
    fn outside_the_picture_its_edge_is_repeated() {
        let mut out = [0.0; COUNT];
        sample(&ramp(), Area { x: -500.0, y: 500.0, width: 24.0, height: 24.0 }, 1.0, &mut out);
        assert!(out.iter().all(|value| *value == 0.0));
    }

    #[test]
    fn gain_and_offset_change_no_likeness() {
        let dim = Level { samples: ramp().samples.iter().map(|v| v / 2 + 9).collect(), ..ramp() };
        let area = Area { x: 20.0, y: 15.0, width: 20.0, height: 20.0 };
        assert!(likeness((&ramp(), area), (&dim, area), 1.0) > 0.999);
    }
}
