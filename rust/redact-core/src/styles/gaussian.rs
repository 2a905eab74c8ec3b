//! `gaussian`: **not safe to release**. Each sample becomes a weighted mean of what is around it, hidden samples
//! included; blurred faces have been told apart and restored. For internal working copies only.
//!
//! Three running means in a row stand for the Gaussian (within 3 % of it), separately along rows and columns; the
//! deviation is a sixth of the region's shorter side. Beyond the frame its edge goes on.

use crate::{PlaneMut, Region};

/// A region's shorter side in deviations.
const DEVIATIONS_ACROSS: usize = 6;

/// Running means in a row.
const PASSES: usize = 3;

pub fn gaussian(plane: &mut PlaneMut<'_>, hole: Region) {
    // A mean over 2r + 1 samples has variance r(r + 1) / 3: three of them deviate by about r.
    let radius = (hole.width().min(hole.height()) / DEVIATIONS_ACROSS).max(1);
    let reach = PASSES * radius;
    let around = Region {
        left: hole.left.saturating_sub(reach),
        top: hole.top.saturating_sub(reach),
        right: (hole.right + reach).min(plane.width()),
        bottom: (hole.bottom + reach).min(plane.height()),
    };
    let rows: Vec<Vec<u8>> = plane.as_plane().window(around).rows().map(|row| blurred(row.to_vec(), radius)).collect();
    for x in hole.left..hole.right {
        let column = blurred(rows.iter().map(|row| row[x - around.left]).collect(), radius);
        for y in hole.top..hole.bottom {
            plane.row_mut(y)[x] = column[y - around.top];
        }
    }
}

fn blurred(line: Vec<u8>, radius: usize) -> Vec<u8> {
    (0..PASSES).fold(line, |line, _| running_mean(&line, radius))
}

fn running_mean(line: &[u8], radius: usize) -> Vec<u8> {
    let last = line.len() - 1;
    let window = 2 * radius + 1;
    // Position `at` of the line with its ends carried on, moved by `radius` so as not to be negative.
    let sample = |at: usize| usize::from(line[at.saturating_sub(radius).min(last)]);
    let mut sum: usize = (0..window).map(sample).sum();
    let mean = |at: usize| {
        let mean = (sum + radius) / window;
        sum = sum + sample(at + window) - sample(at);
        u8::try_from(mean).unwrap_or(u8::MAX)
    };
    (0..line.len()).map(mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pictures::region;

    #[test]
    fn a_flat_picture_stays_flat() {
        let mut samples = [77; 30];
        gaussian(&mut PlaneMut::packed(&mut samples, 6), region(0, 0, 6, 5));
        assert_eq!(samples, [77; 30]);
    }

    #[test]
    fn reads_what_it_hides() {
        let mut samples = [0; 49];
        samples[24] = 255;
        gaussian(&mut PlaneMut::packed(&mut samples, 7), region(2, 2, 5, 5));
        assert!(samples[24] > samples[23] && samples[23] > 0);
    }

    #[test]
    fn a_running_mean_carries_the_ends_on() {
        assert_eq!(running_mean(&[0, 0, 9], 1), [0, 3, 6]);
    }
}
