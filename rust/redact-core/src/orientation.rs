//! Which way is up.

use crate::{Error, Region, Result};

/// How the coded picture is to be turned to stand upright: EXIF orientation 1..8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Orientation {
    /// Rows become columns.
    pub(crate) turned: bool,
    /// Coded columns run against the upright axis that they lie along.
    pub(crate) columns_mirrored: bool,
    /// Coded rows do.
    pub(crate) rows_mirrored: bool,
}

impl Orientation {
    /// As EXIF numbers them.
    ///
    /// # Errors
    /// Any number but 1 to 8.
    pub fn from_exif(number: i64) -> Result<Self> {
        let (turned, columns_mirrored, rows_mirrored) = match number {
            1 => (false, false, false),
            2 => (false, true, false),
            3 => (false, true, true),
            4 => (false, false, true),
            5 => (true, false, false),
            6 => (true, false, true),
            7 => (true, true, true),
            8 => (true, true, false),
            _ => return Err(Error::Orientation(number)),
        };
        Ok(Self { turned, columns_mirrored, rows_mirrored })
    }
}

/// The upright frame of coded frames of one size.
#[derive(Debug, Clone, Copy)]
pub struct Upright {
    orientation: Orientation,
    width: usize,
    height: usize,
}

impl Upright {
    /// Of coded frames of `width` by `height` luma samples.
    #[must_use]
    pub const fn new(orientation: Orientation, width: usize, height: usize) -> Self {
        Self { orientation, width, height }
    }

    /// Where a region of the coded frame is in the upright frame.
    pub(crate) const fn region(&self, coded: Region) -> Region {
        let Region { mut left, mut top, mut right, mut bottom } = coded;
        if self.orientation.columns_mirrored {
            (left, right) = (self.width - right, self.width - left);
        }
        if self.orientation.rows_mirrored {
            (top, bottom) = (self.height - bottom, self.height - top);
        }
        if self.orientation.turned {
            return Region { left: top, top: left, right: bottom, bottom: right };
        }
        Region { left, top, right, bottom }
    }

    /// Column and row of an upright sample in the coded frame.
    pub(crate) const fn to_coded(self, x: usize, y: usize) -> (usize, usize) {
        let (x, y) = if self.orientation.turned { (y, x) } else { (x, y) };
        let column = if self.orientation.columns_mirrored { self.width - 1 - x } else { x };
        let row = if self.orientation.rows_mirrored { self.height - 1 - y } else { y };
        (column, row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pictures::region;

    #[test]
    fn a_quarter_turn_moves_the_coded_bottom_to_the_left() {
        let upright = Upright::new(Orientation::from_exif(6).unwrap(), 10, 6);
        assert_eq!(upright.region(region(0, 5, 2, 6)), region(0, 0, 1, 2));
        assert_eq!(upright.to_coded(0, 1), (1, 5));
    }

    #[test]
    fn every_sample_of_a_region_comes_back_into_it() {
        let coded = region(2, 1, 7, 4);
        for number in 1..=8 {
            let upright = Upright::new(Orientation::from_exif(number).unwrap(), 10, 6);
            let turned = upright.region(coded);
            let mut samples =
                (turned.top..turned.bottom).flat_map(|y| (turned.left..turned.right).map(move |x| (x, y)));
            assert_eq!(turned.area(), coded.area());
            assert!(samples.all(|(x, y)| {
                let (x, y) = upright.to_coded(x, y);
                coded.contains(x, y)
            }));
        }
    }
}
