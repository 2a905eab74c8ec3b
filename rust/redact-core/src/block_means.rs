//! The block-mean signature of a frame: the mean of every tile, which coding hardly changes and any other picture does.

use crate::{Frame, Plane};

/// Side of a tile in samples of its plane: two macroblocks of luma.
const TILE: usize = 32;

/// Tiles of luma, blue, red, row by row, each as its rounded mean; those at the right and lower edge may be smaller.
#[must_use]
pub fn block_means(frame: &Frame<'_>) -> Vec<u8> {
    pulp::Arch::new().dispatch(BlockMeans(frame))
}

struct BlockMeans<'a, 'b>(&'a Frame<'b>);

impl pulp::NullaryFnOnce for BlockMeans<'_, '_> {
    type Output = Vec<u8>;

    #[inline(always)]
    fn call(self) -> Vec<u8> {
        let mut all = Vec::new();
        for plane in &self.0.planes {
            means(plane, &mut all);
        }
        all
    }
}

#[inline(always)]
fn means(plane: &Plane<'_>, all: &mut Vec<u8>) {
    let mut sums = vec![0_u32; plane.width().div_ceil(TILE)];
    for (y, row) in plane.rows().enumerate() {
        let tiles = row.chunks_exact(TILE);
        let rest = tiles.remainder();
        if !rest.is_empty() {
            sums[row.len() / TILE] += rest.iter().map(|sample| u32::from(*sample)).sum::<u32>();
        }
        for (sum, tile) in sums.iter_mut().zip(tiles) {
            *sum += tile.iter().map(|sample| u32::from(*sample)).sum::<u32>();
        }
        if (y + 1) % TILE == 0 || y + 1 == plane.height() {
            let rows = y % TILE + 1;
            let widths = (0..sums.len()).map(|tile| TILE.min(plane.width() - tile * TILE));
            all.extend(sums.iter_mut().zip(widths).map(|(sum, width)| rounded(std::mem::take(sum), rows * width)));
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a tile has at most 1024 samples, whose mean is one")]
const fn rounded(sum: u32, samples: usize) -> u8 {
    ((sum + samples as u32 / 2) / samples as u32) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pictures::Picture;

    #[test]
    fn tiles_at_the_edges_count_only_their_own_samples() {
        let mut picture = Picture::flat(33, 34, [10, 20, 30]);
        picture.buffers[0][32] = 43; // one of 32 in the tile at the top right
        picture.buffers[0][33 * 33 + 32] = 255; // one of two at the bottom right
        let found = block_means(&picture.frame());
        assert_eq!(found, [10, 11, 10, 133, 20, 30]);
    }

    #[test]
    fn means_are_rounded_and_white_stays_white() {
        let mut picture = Picture::flat(64, 32, [255, 255, 255]);
        picture.buffers[0][..16].fill(254); // 16 of the 1024 of one tile
        assert_eq!(block_means(&picture.frame()), [255, 255, 255, 255]);
        for row in 0..17 {
            picture.buffers[0][row * 64..][..32].fill(254);
        }
        assert_eq!(block_means(&picture.frame()), [254, 255, 255, 255]);
    }
}
