//! The luma of a frame, upright, at sizes that halve: what the follower looks at.

use crate::{Frame, Orientation, Plane};

/// The longest side of the finest level, in samples: 1080p is halved once, 4K twice.
pub const LONGEST: usize = 960;

/// A level with a shorter side than this is the last one.
const SHORTEST: usize = 32;

/// One level: `height` rows of `width` samples, without padding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    /// Samples in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// All samples, row by row.
    pub samples: Vec<u8>,
}

impl Level {
    /// The samples of row `y`.
    #[must_use]
    pub fn row(&self, y: usize) -> &[u8] {
        &self.samples[y * self.width..][..self.width]
    }
}

/// The levels of one frame, finest first; each is half of the one before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pyramid {
    levels: Vec<Level>,
    /// Upright pixels along one sample of the finest level.
    reduced: u16,
}

impl Pyramid {
    /// Of a coded frame, turned upright. Level 0 has at most [`LONGEST`] samples along its longer side.
    #[must_use]
    pub fn new(frame: &Frame<'_>, orientation: Orientation) -> Self {
        pulp::Arch::new().dispatch(Build { frame, orientation })
    }

    /// The levels, finest first.
    #[must_use]
    pub fn levels(&self) -> &[Level] {
        &self.levels
    }

    /// The first level with at most `longest` samples along its longer side; the last where none is as small.
    #[must_use]
    pub fn small(&self, longest: usize) -> &Level {
        let last = &self.levels[self.levels.len() - 1];
        self.levels.iter().find(|level| level.width.max(level.height) <= longest).unwrap_or(last)
    }

    /// Samples of a level per upright pixel.
    #[must_use]
    pub fn factor(&self, level: usize) -> f32 {
        1.0 / (f32::from(self.reduced) * f32::from(1_u16 << level))
    }

    /// The level on which a box whose geometric mean side is `side` upright pixels is about `samples` wide.
    ///
    /// The bounds between levels lie half-way in proportion, at the square root of two; comparisons, not a logarithm,
    /// so that every machine takes the same level.
    #[must_use]
    pub fn level_for(&self, side: f32, samples: f32) -> usize {
        let mut wide = side / f32::from(self.reduced);
        let mut level = 0;
        while level + 1 < self.levels.len() && wide > samples * std::f32::consts::SQRT_2 {
            wide *= 0.5;
            level += 1;
        }
        level
    }
}

struct Build<'a, 'b> {
    frame: &'a Frame<'b>,
    orientation: Orientation,
}

impl pulp::NullaryFnOnce for Build<'_, '_> {
    type Output = Pyramid;

    #[inline(always)]
    fn call(self) -> Pyramid {
        let luma = self.frame.planes[0];
        let (mut level, mut reduced) = first(&luma);
        while level.width.max(level.height) > LONGEST {
            level = halved(level.width, level.height, |y| level.row(y));
            reduced *= 2;
        }
        let mut levels = vec![upright(level, self.orientation)];
        while let Some(last) = levels.last().filter(|last| last.width.min(last.height) >= SHORTEST) {
            let next = halved(last.width, last.height, |y| last.row(y));
            levels.push(next);
        }
        Pyramid { levels, reduced }
    }
}

/// The luma as it is, or halved where it is too large; the large one is never copied.
#[inline(always)]
fn first(luma: &Plane<'_>) -> (Level, u16) {
    let (width, height) = (luma.width(), luma.height());
    if width.max(height) > LONGEST {
        return (halved(width, height, |y| luma.row(y)), 2);
    }
    let samples = luma.rows().flatten().copied().collect();
    (Level { width, height, samples }, 1)
}

/// Means of two by two samples, rounded; an odd last row or column is its own neighbour.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "a mean of bytes is a byte")]
fn halved<'a>(width: usize, height: usize, row: impl Fn(usize) -> &'a [u8]) -> Level {
    let half = (width.div_ceil(2), height.div_ceil(2));
    let mut samples = vec![0; half.0 * half.1];
    for (y, out) in samples.chunks_exact_mut(half.0).enumerate() {
        let (above, below) = (row(2 * y), row((2 * y + 1).min(height - 1)));
        let pairs = above.chunks_exact(2).zip(below.chunks_exact(2));
        for (mean, (a, b)) in out.iter_mut().zip(pairs) {
            let sum = u16::from(a[0]) + u16::from(a[1]) + u16::from(b[0]) + u16::from(b[1]);
            *mean = ((sum + 2) >> 2) as u8;
        }
        if width % 2 == 1 {
            let sum = u16::from(above[width - 1]) + u16::from(below[width - 1]);
            out[half.0 - 1] = ((sum + 1) >> 1) as u8;
        }
    }
    Level { width: half.0, height: half.1, samples }
}

fn upright(level: Level, orientation: Orientation) -> Level {
    let Orientation { turned, columns_mirrored, rows_mirrored } = orientation;
    if !(turned || columns_mirrored || rows_mirrored) {
        return level;
    }
    let coded = |x: usize, y: usize| {
        let (x, y) = if turned { (y, x) } else { (x, y) };
        let x = if columns_mirrored { level.width - 1 - x } else { x };
        let y = if rows_mirrored { level.height - 1 - y } else { y };
        level.samples[y * level.width + x]
    };
    let (width, height) = if turned { (level.height, level.width) } else { (level.width, level.height) };
    let samples = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| coded(x, y)).collect();
    Level { width, height, samples }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pyramid(luma: &[u8], width: usize, height: usize, exif: i64) -> Pyramid {
        let chroma = vec![128; width.div_ceil(2) * height.div_ceil(2)];
        let half = width.div_ceil(2);
        let frame = Frame::new([luma, &chroma, &chroma], [width, half, half], width, height).unwrap();
        Pyramid::new(&frame, Orientation::from_exif(exif).unwrap())
    }

    #[test]
    fn a_small_frame_is_kept_as_it_is() {
        let luma: Vec<u8> = (0..12).collect();
        let made = pyramid(&luma, 4, 3, 1);
        assert_eq!(made.levels()[0].samples, luma);
        assert_eq!(made.levels().len(), 1);
    }

    #[test]
    fn halving_rounds_to_the_nearest_and_keeps_an_odd_edge() {
        let level = halved(3, 3, |y| &[[0, 1, 9], [1, 1, 9], [8, 8, 5]][y]);
        assert_eq!((level.width, level.height), (2, 2));
        assert_eq!(level.samples, [1, 9, 8, 5]);
    }

    #[test]
    fn a_quarter_turn_moves_the_coded_bottom_left_to_the_top_left() {
        let made = pyramid(&[1, 2, 3, 4, 5, 6], 3, 2, 6);
        let level = &made.levels()[0];
        assert_eq!((level.width, level.height), (2, 3));
        assert_eq!(level.samples, [4, 1, 5, 2, 6, 3]);
    }

    #[test]
    fn the_longest_side_of_the_finest_level_is_bounded() {
        let made = pyramid(&vec![7; 3840 * 8], 3840, 8, 1);
        assert_eq!(made.levels()[0].width, 960);
        assert!((made.factor(0) - 0.25).abs() < 1e-9);
    }

    #[test]
    fn the_small_one_is_as_small_as_asked() {
        let made = pyramid(&vec![0; 640 * 360], 640, 360, 1);
        assert_eq!((made.small(128).width, made.small(128).height), (80, 45));
        assert_eq!(made.small(1).width, made.levels().last().unwrap().width);
    }

    #[test]
    fn a_box_is_looked_at_where_it_is_about_as_wide_as_asked() {
        let made = pyramid(&vec![0; 640 * 360], 640, 360, 1);
        assert_eq!(made.level_for(24.0, 24.0), 0);
        assert_eq!(made.level_for(50.0, 24.0), 1);
        assert_eq!(made.level_for(9000.0, 24.0), made.levels().len() - 1);
    }
}
