//! The ring: what may be read around a hole, one sample wide.

use crate::{Plane, Region};

/// The samples around a hole as one closed loop, clockwise from the corner above and left of it: `width + 2` samples of
/// the row above, `height` to the right, `width + 2` of the row below from right to left, `height` to the left going
/// up.
///
/// A sample is missing where the frame ends, and where it lies under any region of the call: nothing that any region
/// hides is ever read.
///
/// A hole that other regions enclose has no ring of its own: it shares that of the box around all of them.
pub struct Ring {
    outline: Region,
    samples: Vec<Option<u8>>,
}

impl Ring {
    /// Read the ring around `hole`; `hidden` is every region of the call, in samples of this plane.
    pub fn read(plane: Plane<'_>, hole: Region, hidden: &[Region]) -> Self {
        let mut outline = hole;
        loop {
            let near: Vec<Region> = hidden.iter().copied().filter(|other| touch(outline, *other)).collect();
            let ring = Self::read_around(plane, outline, &near);
            let around = near.iter().fold(outline, |around, other| around.union(other));
            if around == outline || ring.samples.iter().any(Option::is_some) {
                return ring;
            }
            outline = around;
        }
    }

    fn read_around(plane: Plane<'_>, hole: Region, near: &[Region]) -> Self {
        let sample = |x: Option<usize>, y: Option<usize>| {
            let (x, y) = (x?, y?);
            let readable = x < plane.width() && y < plane.height() && !near.iter().any(|region| region.contains(x, y));
            readable.then(|| plane.row(y)[x])
        };
        let (above, before) = (hole.top.checked_sub(1), hole.left.checked_sub(1));
        let columns = || std::iter::once(before).chain((hole.left..=hole.right).map(Some));
        let rows = || (hole.top..hole.bottom).map(Some);
        let mut samples = Vec::with_capacity(2 * (hole.width() + hole.height() + 2));
        samples.extend(columns().map(|x| sample(x, above)));
        samples.extend(rows().map(|y| sample(Some(hole.right), y)));
        samples.extend(reversed(columns().collect()).map(|x| sample(x, Some(hole.bottom))));
        samples.extend(rows().rev().map(|y| sample(before, y)));
        Self { outline: hole, samples }
    }

    /// What the ring goes around: the hole, or the box around it and the regions that enclose it.
    pub const fn outline(&self) -> Region {
        self.outline
    }

    /// The samples, in the order of the loop.
    pub fn samples(&self) -> &[Option<u8>] {
        &self.samples
    }

    /// The mean of what could be read, rounded; nothing if nothing could.
    pub fn mean(&self) -> Option<u8> {
        let known = || self.samples.iter().flatten();
        let (count, sum) = (known().count(), known().map(|&sample| usize::from(sample)).sum::<usize>());
        let mean = (sum + count / 2).checked_div(count)?;
        u8::try_from(mean).ok()
    }
}

/// Whether one region reaches into the ring of the other.
fn touch(one: Region, other: Region) -> bool {
    let grown = Region {
        left: one.left.saturating_sub(1),
        top: one.top.saturating_sub(1),
        right: one.right + 1,
        bottom: one.bottom + 1,
    };
    grown.intersection(&other).is_some()
}

fn reversed<T>(items: Vec<T>) -> impl Iterator<Item = T> {
    items.into_iter().rev()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pictures::{plane, region};

    #[rustfmt::skip]
    const PICTURE: [u8; 20] = [
        1,  2,  3,  4, 5,
        14, 99, 98, 6, 7,
        13, 97, 96, 8, 9,
        12, 11, 10, 0, 7,
    ];

    #[test]
    fn goes_clockwise_from_the_corner_above_and_left() {
        let ring = Ring::read(plane(&PICTURE, 5), region(1, 1, 3, 3), &[region(1, 1, 3, 3)]);
        let read: Vec<u8> = ring.samples().iter().map(|sample| sample.unwrap()).collect();
        assert_eq!(read, [1, 2, 3, 4, 6, 8, 0, 10, 11, 12, 13, 14]);
        assert_eq!(ring.mean(), Some(7));
    }

    #[test]
    fn a_sample_under_another_region_is_missing() {
        let hidden = [region(1, 1, 3, 3), region(2, 0, 4, 2)];
        let ring = Ring::read(plane(&PICTURE, 5), hidden[0], &hidden);
        let missing: Vec<bool> = ring.samples().iter().map(Option::is_none).collect();
        assert_eq!(missing, [0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0].map(|bit| bit == 1));
    }

    #[test]
    fn an_enclosed_hole_shares_the_ring_of_what_encloses_it() {
        let hidden = [region(1, 1, 2, 2), region(0, 0, 3, 3)];
        let ring = Ring::read(plane(&PICTURE, 5), hidden[0], &hidden);
        assert_eq!(ring.outline(), region(0, 0, 3, 3));
        let known: Vec<u8> = ring.samples().iter().flatten().copied().collect();
        assert_eq!(known, [4, 6, 8, 0, 10, 11, 12]);
    }

    #[test]
    fn there_is_no_ring_beyond_the_frame() {
        let all = region(0, 0, 5, 4);
        let ring = Ring::read(plane(&PICTURE, 5), all, &[all]);
        assert_eq!(ring.samples(), [None; 22]);
        assert_eq!(ring.mean(), None);
    }
}
