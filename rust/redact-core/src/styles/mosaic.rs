//! `mosaic`: square cells, fixed to the region, each of one random colour around the mean of the ring.
//!
//! A cell's colour comes from the seed and the cell's place alone, so that the cells of a track stand still while it
//! moves, and nothing under them shows through however many frames are laid over one another.

use crate::{PlaneMut, Region};

/// Cells across the shorter side of a region.
const CELLS_ACROSS: usize = 6;

/// No cell is narrower, in luma samples: smaller ones read as noise. Even, as all cells, so that chroma cells match.
const NARROWEST_CELL: usize = 8;

/// How far a cell strays from the mean at most, per plane: enough luma to look like a mosaic, little colour.
const STRAY: [u64; 3] = [40, 10, 10];

/// Legal samples of limited range, which are legal in full range as well.
const LEGAL: [(u64, u64); 3] = [(16, 235), (16, 240), (16, 240)];

/// The cells of one region in one plane.
pub struct Cells {
    seed: u64,
    mean: u8,
    plane: usize,
    region: Region,
    side: usize,
}

impl Cells {
    /// Cells for plane `plane` of a luma `region`.
    pub fn new(seed: u64, mean: u8, plane: usize, region: Region) -> Self {
        let even = region.width().min(region.height()) / CELLS_ACROSS / 2 * 2;
        Self { seed, mean, plane, region, side: even.max(NARROWEST_CELL) }
    }

    /// Paint all of a window, which is the region's part of the plane.
    pub fn lay(&self, window: &mut PlaneMut<'_>) {
        let mut cells = vec![0; window.width()];
        let mut painted = None;
        for y in 0..window.height() {
            let down = self.cell(y, self.region.top);
            if painted.replace(down) != Some(down) {
                for (x, sample) in cells.iter_mut().enumerate() {
                    *sample = self.colour(self.cell(x, self.region.left), down);
                }
            }
            window.row_mut(y).copy_from_slice(&cells);
        }
    }

    /// The cell, along one axis, of sample `at` of a window whose region starts at luma sample `start`: a chroma sample
    /// belongs to the cell of the first luma sample under it.
    const fn cell(&self, at: usize, start: usize) -> usize {
        if self.plane == 0 {
            return at / self.side;
        }
        // Half of the first chroma sample may lie outside an odd start.
        (2 * at).saturating_sub(start % 2) / self.side
    }

    fn colour(&self, across: usize, down: usize) -> u8 {
        let place = ((down as u64) << 32) ^ ((across as u64) << 2) ^ self.plane as u64;
        let stray = STRAY[self.plane];
        let (lowest, highest) = LEGAL[self.plane];
        let drawn = u64::from(self.mean) + split_mix(self.seed ^ split_mix(place)) % (2 * stray + 1);
        u8::try_from(drawn.saturating_sub(stray).clamp(lowest, highest)).unwrap_or(u8::MAX)
    }
}

/// One step of Steele, Lea and Flood's `SplitMix64` generator (2014).
const fn split_mix(state: u64) -> u64 {
    let z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pictures::region;

    fn painted(seed: u64, plane: usize, luma: Region) -> Vec<u8> {
        let hole = crate::styles::on_plane(plane, luma);
        let mut samples = vec![0; hole.width() * hole.height()];
        Cells::new(seed, 120, plane, luma).lay(&mut PlaneMut::packed(&mut samples, hole.width()));
        samples
    }

    #[test]
    fn a_seed_gives_these_cells_for_ever() {
        assert_eq!(split_mix(0), 0xe220_a839_7b1d_cdaf);
        let row: Vec<u8> = painted(7, 0, region(0, 0, 24, 8))[..24].iter().copied().step_by(8).collect();
        assert_eq!(row, painted(7, 0, region(5, 3, 29, 11))[..24].iter().copied().step_by(8).collect::<Vec<u8>>());
        assert_ne!(row, painted(8, 0, region(0, 0, 24, 8))[..24].iter().copied().step_by(8).collect::<Vec<u8>>());
    }

    #[test]
    fn a_chroma_cell_changes_where_its_luma_cell_does() {
        let chroma = painted(7, 1, region(0, 0, 24, 8));
        assert_eq!(chroma[..4], [chroma[0]; 4]);
        assert_ne!(chroma[3], chroma[4]);
        let odd = painted(7, 1, region(1, 0, 25, 8));
        assert_eq!(odd[..5], [odd[0]; 5]);
        assert_eq!(odd[5], chroma[4]);
    }

    #[test]
    fn cells_grow_with_the_region() {
        assert_eq!(Cells::new(0, 0, 0, region(0, 0, 400, 130)).side, 20);
        assert_eq!(Cells::new(0, 0, 0, region(0, 0, 400, 1)).side, 8);
    }
}
