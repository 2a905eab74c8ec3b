//! How far a frame is from what its redaction paints: a redacted frame is a fixed point of its own redaction.

use crate::styles::{Paint, Shipping, check_seeds, on_plane};
use crate::{Frame, Plane, PlaneMut, Region, Result};

/// Side of a block in samples, per plane.
const BLOCK: [usize; 3] = [8, 4, 4];

/// For each region the largest mean absolute difference of any block of any plane between the frame and its repainted
/// self, in sample values. Blocks start at the region's own corner; those at its far edges may be smaller.
///
/// Only the regions are repainted, on the side: the frame is not copied.
///
/// # Errors
/// As [`crate::redact`].
pub fn residual(frame: &Frame<'_>, regions: &[Region], style: Shipping<'_>) -> Result<Vec<f32>> {
    if let Shipping::Mosaic(_, seeds) = style {
        check_seeds(seeds, regions)?;
    }
    let mut worst = vec![0.0_f32; regions.len()];
    for (number, plane) in frame.planes.into_iter().enumerate() {
        let holes: Vec<Region> = regions.iter().map(|region| on_plane(number, *region)).collect();
        let paints: Vec<Paint> =
            (0..regions.len()).map(|index| Paint::settle(style, plane, number, index, regions)).collect();
        let patches: Vec<Vec<u8>> = holes.iter().zip(&paints).map(|(hole, paint)| patch(*hole, paint)).collect();
        for (index, hole) in holes.iter().enumerate() {
            let expected = overlaid(index, &holes, &patches);
            let difference = largest_difference(plane.window(*hole), &expected, BLOCK[number]);
            worst[index] = worst[index].max(difference);
        }
    }
    Ok(worst)
}

fn patch(hole: Region, paint: &Paint) -> Vec<u8> {
    let mut samples = vec![0; hole.width() * hole.height()];
    paint.lay(&mut PlaneMut::packed(&mut samples, hole.width()));
    samples
}

/// The patch of one region under those of the later ones that overlap it: where regions overlap, the last one paints.
fn overlaid(index: usize, holes: &[Region], patches: &[Vec<u8>]) -> Vec<u8> {
    let hole = holes[index];
    let mut samples = patches[index].clone();
    for (later, patch) in holes.iter().zip(patches).skip(index + 1) {
        let Some(shared) = hole.intersection(later) else { continue };
        let (to, from) = (shared.relative_to(&hole), shared.relative_to(later));
        for y in 0..shared.height() {
            let target = &mut samples[(to.top + y) * hole.width() + to.left..][..shared.width()];
            target.copy_from_slice(&patch[(from.top + y) * later.width() + from.left..][..shared.width()]);
        }
    }
    samples
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
    use crate::{Labels, Orientation, Style, Upright, redact};

    proptest! {
        #[test]
        fn a_redacted_frame_is_a_fixed_point(
            (mut picture, regions) in any_picture().prop_flat_map(|picture| {
                let regions = any_regions(picture.width, picture.height);
                (Just(picture), regions)
            })
        ) {
            let seeds = &[5, 6, 7, 8][..regions.len()];
            let colour = [1, 2, 3];
            let upright = Upright::new(Orientation::from_exif(6).unwrap(), picture.width, picture.height);
            let codes = Labels::place(&["(b)(6)", "s. 1", "", "7"][..regions.len()], &regions, upright).unwrap();
            let flat = [Shipping::Fill(colour), Shipping::Coded(colour, &codes)];
            for style in flat.into_iter().chain([Shipping::Blur(colour), Shipping::Mosaic(colour, seeds)]) {
                redact(&mut picture.frame_mut(), &regions, Style::Shipping(style)).unwrap();
                let worst = residual(&picture.frame(), &regions, style).unwrap();
                prop_assert!(worst.iter().all(|difference| *difference == 0.0), "{worst:?}");
            }
        }
    }

    #[test]
    fn names_the_region_that_was_not_painted() {
        let mut picture = Picture::flat(32, 16, [90, 128, 128]);
        let regions = [region(0, 0, 16, 16), region(16, 0, 32, 16)];
        let style = Shipping::Fill([16, 128, 128]);
        redact(&mut picture.frame_mut(), &regions[..1], Style::Shipping(style)).unwrap();
        assert_eq!(residual(&picture.frame(), &regions, style), Ok(vec![0.0, 74.0]));
    }

    #[test]
    fn a_code_that_was_not_drawn_stands_out() {
        let mut picture = Picture::flat(32, 16, [90, 128, 128]);
        let regions = [region(0, 0, 32, 16)];
        let colour = [16, 128, 128];
        let upright = Upright::new(Orientation::from_exif(1).unwrap(), 32, 16);
        let codes = Labels::place(&["(6)"], &regions, upright).unwrap();
        redact(&mut picture.frame_mut(), &regions, Style::Shipping(Shipping::Fill(colour))).unwrap();
        assert!(residual(&picture.frame(), &regions, Shipping::Coded(colour, &codes)).unwrap()[0] > 24.0);
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
        let found = residual(&picture.frame(), &[region(0, 0, 32, 32)], Shipping::Fill([16, 128, 128]));
        assert_eq!(found, Ok(vec![4.0]));
    }
}
