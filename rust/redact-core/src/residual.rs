//! How far a frame is from what its redaction paints: a redacted frame is a fixed point of its own redaction.

use crate::styles::{Paint, Style, check_styles, on_plane};
use crate::{Frame, Plane, PlaneMut, Region, Result};

/// Side of a block in samples, per plane.
const BLOCK: [usize; 3] = [8, 4, 4];

/// For each region the largest mean absolute difference of any block of any plane between the frame and its repainted
/// self, in sample values. Blocks start at the region's own corner; those at its far edges may be smaller.
///
/// Only the regions are repainted, on the side: the frame is not copied. A `gaussian` region is not judged, and
/// has 0: it hides nothing for good.
///
/// # Errors
/// As [`crate::redact`].
pub fn residual(frame: &Frame<'_>, regions: &[Region], styles: &[Style<'_>]) -> Result<Vec<f32>> {
    check_styles(styles, regions)?;
    let mut worst = vec![0.0_f32; regions.len()];
    for (number, plane) in frame.planes.into_iter().enumerate() {
        let patch = |(index, paint): (usize, Paint)| Patch::of(index, on_plane(number, regions[index]), &paint);
        let patches: Vec<Patch> = Paint::settle(plane, number, regions, styles).into_iter().map(patch).collect();
        for (place, patch) in patches.iter().enumerate() {
            let expected = patch.under(&patches[place + 1..]);
            let difference = largest_difference(plane.window(patch.hole), &expected, BLOCK[number]);
            worst[patch.index] = worst[patch.index].max(difference);
        }
    }
    Ok(worst)
}

/// What is painted into one region of a plane.
struct Patch {
    index: usize,
    hole: Region,
    samples: Vec<u8>,
}

impl Patch {
    fn of(index: usize, hole: Region, paint: &Paint) -> Self {
        let mut samples = vec![0; hole.width() * hole.height()];
        paint.lay(&mut PlaneMut::packed(&mut samples, hole.width()));
        Self { index, hole, samples }
    }

    /// What is left of it under those that are painted later.
    fn under(&self, later: &[Self]) -> Vec<u8> {
        let mut samples = self.samples.clone();
        for patch in later {
            let Some(shared) = self.hole.intersection(&patch.hole) else { continue };
            let (to, from) = (shared.relative_to(&self.hole), shared.relative_to(&patch.hole));
            for y in 0..shared.height() {
                let target = &mut samples[(to.top + y) * self.hole.width() + to.left..][..shared.width()];
                let start = (from.top + y) * patch.hole.width() + from.left;
                target.copy_from_slice(&patch.samples[start..][..shared.width()]);
            }
        }
        samples
    }
}

/// The largest mean absolute difference of any block of `side` by `side` samples.
fn largest_difference(seen: Plane<'_>, expected: &[u8], side: usize) -> f32 {
    let (width, height) = (seen.width(), seen.height());
    let mut worst = 0.0_f32;
    let mut sums = vec![0_u32; width.div_ceil(side)];
    for (y, (seen, expected)) in seen.rows().zip(expected.chunks_exact(width)).enumerate() {
        for ((sum, seen), expected) in sums.iter_mut().zip(seen.chunks(side)).zip(expected.chunks(side)) {
            *sum += seen.iter().zip(expected).map(|(a, b)| u32::from(a.abs_diff(*b))).sum::<u32>();
        }
        if (y + 1) % side == 0 || y + 1 == height {
            let rows = y % side + 1;
            for (block, sum) in sums.iter_mut().enumerate() {
                let columns = side.min(width - block * side);
                #[expect(clippy::cast_precision_loss, reason = "a block has at most 64 samples")]
                let mean = std::mem::take(sum) as f32 / (rows * columns) as f32;
                worst = worst.max(mean);
            }
        }
    }
    worst
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pictures::{Picture, any_picture, any_regions, plane, region};
    use crate::{Labels, Orientation, Shipping, Upright, redact};

    proptest! {
        #[test]
        fn a_redacted_frame_is_a_fixed_point(
            (mut picture, regions) in any_picture().prop_flat_map(|picture| {
                let regions = any_regions(picture.width, picture.height);
                (Just(picture), regions)
            })
        ) {
            let colour = [1, 2, 3];
            let upright = Upright::new(Orientation::from_exif(6).unwrap(), picture.width, picture.height);
            let codes = Labels::place(&["(b)(6)", "s. 1", "", "7"][..regions.len()], &regions, upright).unwrap();
            let pure = [
                Shipping::Fill(colour), Shipping::Blur(colour), Shipping::Mosaic(colour, 5),
                Shipping::Coded(colour, &codes),
            ].map(Style::Shipping);
            for (first, step) in (0..4).flat_map(|first| [(first, 0), (first, 1), (first, 3)]) {
                let styles: Vec<Style> = (0..regions.len()).map(|index| pure[(first + index * step) % 4]).collect();
                redact(&mut picture.frame_mut(), &regions, &styles).unwrap();
                let worst = residual(&picture.frame(), &regions, &styles).unwrap();
                prop_assert!(worst.iter().all(|difference| *difference == 0.0), "{worst:?}");
            }
        }
    }

    const FILL: Style<'static> = Style::Shipping(Shipping::Fill([16, 128, 128]));

    #[test]
    fn names_the_region_that_was_not_painted() {
        let mut picture = Picture::flat(32, 16, [90, 128, 128]);
        let regions = [region(0, 0, 16, 16), region(16, 0, 32, 16)];
        redact(&mut picture.frame_mut(), &regions[..1], &[FILL]).unwrap();
        assert_eq!(residual(&picture.frame(), &regions, &[FILL; 2]), Ok(vec![0.0, 74.0]));
    }

    #[test]
    fn a_gaussian_is_not_judged_and_hides_no_other_region_from_being_so() {
        let picture = Picture::flat(32, 16, [90, 128, 128]);
        let regions = [region(0, 0, 16, 16), region(8, 0, 32, 16)];
        assert_eq!(residual(&picture.frame(), &regions, &[Style::Gaussian, FILL]), Ok(vec![0.0, 74.0]));
    }

    #[test]
    fn a_weaker_style_where_a_stronger_one_was_to_paint_stands_out() {
        let mut picture = Picture::flat(40, 16, [90, 128, 128]);
        let regions = [region(0, 0, 20, 16), region(12, 0, 32, 16)];
        let blur = Style::Shipping(Shipping::Blur([16, 128, 128]));
        redact(&mut picture.frame_mut(), &regions, &[blur, blur]).unwrap();
        assert_eq!(residual(&picture.frame(), &regions, &[FILL, blur]), Ok(vec![74.0, 74.0]));
    }

    #[test]
    fn a_code_that_was_not_drawn_stands_out() {
        let mut picture = Picture::flat(32, 16, [90, 128, 128]);
        let regions = [region(0, 0, 32, 16)];
        let colour = [16, 128, 128];
        let upright = Upright::new(Orientation::from_exif(1).unwrap(), 32, 16);
        let codes = Labels::place(&["(6)"], &regions, upright).unwrap();
        redact(&mut picture.frame_mut(), &regions, &[FILL]).unwrap();
        let lettered = [Style::Shipping(Shipping::Coded(colour, &codes))];
        assert!(residual(&picture.frame(), &regions, &lettered).unwrap()[0] > 24.0);
    }

    #[test]
    fn one_block_is_enough_and_counts_only_its_own_samples() {
        let seen = [0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 3];
        assert!((largest_difference(plane(&seen, 5), &[0; 15], 2) - 3.0).abs() < f32::EPSILON);
    }

    #[test]
    fn a_leak_in_one_chroma_block_shows() {
        let mut picture = Picture::flat(32, 32, [16, 128, 128]);
        picture.buffers[2][16 * 3 + 9] = 192;
        let found = residual(&picture.frame(), &[region(0, 0, 32, 32)], &[FILL]);
        assert_eq!(found, Ok(vec![4.0]));
    }
}
