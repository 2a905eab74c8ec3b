//! Our own head. Per stride a map of probabilities, one channel per kind, and a map of box codes (dx, dy, log w, log
//! h): centre = (cell + 0.5 + d) * stride, size = exp(code) * 4 * stride.
//!
//! Outputs: `score_8`, `box_8`, `score_16`, `box_16`, `score_32`, `box_32`; scores (n, kinds, h, w), box codes
//! (n, 4, h, w).

use super::{Detection, Grid, InputSize, Map, Source, batch, raised, shaped};
use crate::{Error, Result};

const STRIDES: [u16; 3] = [8, 16, 32];

/// A size code of 0 means a box of this many cells.
const CELLS: f32 = 4.0;

pub fn decode(outputs: &[Map<'_>], input: InputSize, thresholds: &[f32]) -> Result<Vec<Vec<Detection>>> {
    let batch = batch(outputs, 6..=6, "6")?;
    Grid::new(input, STRIDES[2])?;
    let kinds = outputs[0].shape.get(1).copied().unwrap_or(0);
    if kinds != thresholds.len() {
        return Err(Error::ThresholdCount { expected: kinds, given: thresholds.len() });
    }
    let mut found = vec![Vec::new(); batch];
    for (level, stride) in STRIDES.into_iter().enumerate() {
        let grid = Grid::new(input, stride)?;
        let scores = shaped(outputs, 2 * level, &[batch, kinds, grid.height, grid.width])?;
        let codes = shaped(outputs, 2 * level + 1, &[batch, 4, grid.height, grid.width])?;
        let items = scores.chunks_exact(kinds * grid.cells()).zip(codes.chunks_exact(4 * grid.cells()));
        for (item, (scores, codes)) in items.enumerate() {
            for (kind, (scores, threshold)) in scores.chunks_exact(grid.cells()).zip(thresholds).enumerate() {
                for (cell, score) in scores.iter().enumerate() {
                    let score = Source { output: 2 * level, item }.score(*score)?;
                    if score < *threshold {
                        continue;
                    }
                    let [dx, dy, w, h] = [0, 1, 2, 3].map(|number| codes[number * grid.cells() + cell]);
                    let (x, y) = grid.place(cell);
                    let centre = ((x + 0.5 + dx) * grid.stride, (y + 0.5 + dy) * grid.stride);
                    let size = (raised(w) * CELLS * grid.stride, raised(h) * CELLS * grid.stride);
                    let source = Source { output: 2 * level + 1, item };
                    found[item].push(source.around(centre, size, score, kind)?);
                }
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Maps for two batch items of 64x32 and two kinds, all zero, and their shapes.
    fn maps() -> (Vec<Vec<f32>>, Vec<[usize; 4]>) {
        let shapes: Vec<[usize; 4]> =
            [(4, 8), (2, 4), (1, 2)].into_iter().flat_map(|(h, w)| [[2, 2, h, w], [2, 4, h, w]]).collect();
        (shapes.iter().map(|shape| vec![0.0; shape.iter().product()]).collect(), shapes)
    }

    fn decoded(values: &[Vec<f32>], shapes: &[[usize; 4]]) -> Result<Vec<Vec<Detection>>> {
        let maps: Vec<Map<'_>> = shapes.iter().zip(values).map(|(shape, values)| Map { shape, values }).collect();
        decode(&maps, InputSize { width: 64, height: 32 }, &[0.5, 0.25])
    }

    #[test]
    fn a_cell_becomes_a_box_of_four_cells_around_it() {
        let (mut values, shapes) = maps();
        // Item 1, kind 1, column 3, row 1 of stride 16.
        values[2][(2 + 1) * 8 + 7] = 0.3;
        values[3][4 * 8 + 7] = 0.25;
        let plate = Detection { left: 28.0, top: -8.0, right: 92.0, bottom: 56.0, score: 0.3, kind: 1.0 };
        assert_eq!(decoded(&values, &shapes), Ok(vec![vec![], vec![plate]]));
    }

    #[test]
    fn a_score_at_the_threshold_is_kept() {
        let (mut values, shapes) = maps();
        values[4][0] = 0.5;
        assert_eq!(decoded(&values, &shapes).unwrap()[0].len(), 1);
    }

    #[test]
    fn refuses_scores_and_kept_boxes_that_are_not_numbers() {
        let (mut values, shapes) = maps();
        values[1][5] = f32::NAN;
        assert_eq!(decoded(&values, &shapes), Ok(vec![vec![], vec![]]), "a box that nobody asked for");
        values[0][5] = 0.9;
        assert_eq!(decoded(&values, &shapes), Err(Error::NotFinite { output: 1, item: 0 }));
        values[0][5] = f32::NAN;
        assert_eq!(decoded(&values, &shapes), Err(Error::NotFinite { output: 0, item: 0 }));
    }

    #[test]
    fn refuses_a_map_of_another_input_size() {
        let (values, mut shapes) = maps();
        shapes[3] = [2, 4, 4, 2];
        let expected = vec![2, 4, 2, 4];
        assert_eq!(decoded(&values, &shapes), Err(Error::OutputShape { index: 3, given: vec![2, 4, 4, 2], expected }));
    }
}
