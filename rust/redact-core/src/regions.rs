//! Regions: half-open rectangles of samples, and which chroma samples lie under them.

use crate::{Error, Result};

/// A rectangle that is not empty: `left..right` by `top..bottom`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// First column.
    pub left: usize,
    /// First row.
    pub top: usize,
    /// Column behind the last.
    pub right: usize,
    /// Row behind the last.
    pub bottom: usize,
}

impl Region {
    /// Columns.
    #[must_use]
    pub const fn width(&self) -> usize {
        self.right - self.left
    }

    /// Rows.
    #[must_use]
    pub const fn height(&self) -> usize {
        self.bottom - self.top
    }

    /// Samples.
    pub(crate) const fn area(&self) -> usize {
        self.width() * self.height()
    }

    /// Every chroma sample that covers a luma pixel of this region: first ones rounded down, last ones up.
    #[must_use]
    pub const fn chroma(&self) -> Self {
        Self { left: self.left / 2, top: self.top / 2, right: self.right.div_ceil(2), bottom: self.bottom.div_ceil(2) }
    }

    /// What two regions share, if anything.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        let shared = Self {
            left: self.left.max(other.left),
            top: self.top.max(other.top),
            right: self.right.min(other.right),
            bottom: self.bottom.min(other.bottom),
        };
        (shared.left < shared.right && shared.top < shared.bottom).then_some(shared)
    }

    /// The smallest region that contains both.
    pub(crate) fn union(&self, other: &Self) -> Self {
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }

    /// This region in the coordinates of one that contains it.
    pub(crate) const fn relative_to(&self, outer: &Self) -> Self {
        Self {
            left: self.left - outer.left,
            top: self.top - outer.top,
            right: self.right - outer.left,
            bottom: self.bottom - outer.top,
        }
    }

    /// Whether the sample at `x`, `y` lies inside.
    pub(crate) const fn contains(&self, x: usize, y: usize) -> bool {
        self.left <= x && x < self.right && self.top <= y && y < self.bottom
    }
}

/// Turn rows of left, top, right, bottom into regions inside a frame of `width` by `height`.
///
/// # Errors
/// The first row that is empty or reaches outside: a caller clips, this crate does not guess.
pub fn check_regions(rows: impl IntoIterator<Item = [i32; 4]>, width: usize, height: usize) -> Result<Vec<Region>> {
    let checked = |(index, region): (usize, [i32; 4])| {
        let [left, top, right, bottom] = region;
        if right <= left || bottom <= top {
            return Err(Error::EmptyRegion { index, region });
        }
        let inside = |edge: i32, limit: usize| usize::try_from(edge).ok().filter(|&edge| edge <= limit);
        match (inside(left, width), inside(top, height), inside(right, width), inside(bottom, height)) {
            (Some(left), Some(top), Some(right), Some(bottom)) => Ok(Region { left, top, right, bottom }),
            _ => Err(Error::RegionOutside { index, region, width, height }),
        }
    };
    rows.into_iter().enumerate().map(checked).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_row_and_column_can_be_hidden() {
        let last = Region { left: 4, top: 2, right: 5, bottom: 3 };
        assert_eq!(check_regions([[4, 2, 5, 3]], 5, 3), Ok(vec![last]));
    }

    #[test]
    fn refuses_a_region_outside_the_frame() {
        for region in [[-1, 0, 2, 2], [0, -1, 2, 2], [0, 0, 6, 2], [0, 0, 2, 4], [5, 0, 6, 1]] {
            let refused = Error::RegionOutside { index: 1, region, width: 5, height: 3 };
            assert_eq!(check_regions([[0, 0, 1, 1], region], 5, 3), Err(refused));
        }
    }

    #[test]
    fn refuses_an_empty_region() {
        for region in [[2, 1, 2, 3], [2, 1, 4, 1], [3, 1, 2, 3], [i32::MAX, 0, i32::MIN, 1]] {
            assert_eq!(check_regions([region], 5, 3), Err(Error::EmptyRegion { index: 0, region }));
        }
    }

    #[test]
    fn a_chroma_sample_is_hidden_if_any_of_its_four_pixels_is() {
        let odd = Region { left: 3, top: 1, right: 4, bottom: 4 };
        assert_eq!(odd.chroma(), Region { left: 1, top: 0, right: 2, bottom: 2 });
        let even = Region { left: 2, top: 2, right: 4, bottom: 4 };
        assert_eq!(even.chroma(), Region { left: 1, top: 1, right: 2, bottom: 2 });
    }
}
