//! `SCRFD` (insightface): at strides 8, 16 and 32 two anchors a cell, each a probability and the distances from the
//! cell's corner to the box's four sides, in cells. All scores come first, then all boxes; landmarks are ignored.
//! Side = cell * stride -/+ distance * stride.
//!
//! Outputs: three scores (n, 2 * h * w, 1), three boxes (n, 2 * h * w, 4), and landmarks perhaps; n may be
//! left out of all.

use super::{Detection, Grid, InputSize, Map, Source, batch, shaped};
use crate::{Error, Result};

const STRIDES: [u16; 3] = [8, 16, 32];
const ANCHORS: usize = 2;

pub fn decode(outputs: &[Map<'_>], input: InputSize, threshold: f32) -> Result<Vec<Vec<Detection>>> {
    batch(outputs, 6..=9, "6, or 9 with landmarks")?;
    if outputs.len() % 3 != 0 {
        return Err(Error::OutputCount { expected: "6, or 9 with landmarks", given: outputs.len() });
    }
    Grid::new(input, STRIDES[2])?;
    let batch = if outputs[0].shape.len() == 3 { outputs[0].shape[0] } else { 1 };
    let mut found = vec![Vec::new(); batch];
    for (level, stride) in STRIDES.into_iter().enumerate() {
        let grid = Grid::new(input, stride)?;
        let anchors = ANCHORS * grid.cells();
        let scores = rows(outputs, level, batch, anchors, 1)?;
        let codes = rows(outputs, level + 3, batch, anchors, 4)?;
        let items = scores.chunks_exact(anchors).zip(codes.chunks_exact(4 * anchors));
        for (item, (scores, codes)) in items.enumerate() {
            for (anchor, (score, code)) in scores.iter().zip(codes.chunks_exact(4)).enumerate() {
                let score = Source { output: level, item }.probability(*score)?;
                if score < threshold {
                    continue;
                }
                let (x, y) = grid.place(anchor / ANCHORS);
                let corners = [x - code[0], y - code[1], x + code[2], y + code[3]].map(|side| side * grid.stride);
                found[item].push(Source { output: level + 3, item }.between(corners, score, 0)?);
            }
        }
    }
    Ok(found)
}

/// Output `index` of `numbers` per anchor. The usual files know no batch and leave its dimension out.
fn rows<'a>(outputs: &[Map<'a>], index: usize, batch: usize, anchors: usize, numbers: usize) -> Result<&'a [f32]> {
    if outputs[0].shape.len() == 3 {
        shaped(outputs, index, &[batch, anchors, numbers])
    } else {
        shaped(outputs, index, &[anchors, numbers])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INPUT: InputSize = InputSize { width: 64, height: 32 };
    const ANCHORS_OF: [usize; 3] = [64, 16, 4];

    fn zeros() -> [Vec<f32>; 6] {
        [64, 16, 4, 256, 64, 16].map(|length| vec![0.0; length])
    }

    fn decoded(values: &[Vec<f32>; 6]) -> Result<Vec<Vec<Detection>>> {
        let shapes: Vec<[usize; 2]> = [1, 4].into_iter().flat_map(|n| ANCHORS_OF.map(|count| [count, n])).collect();
        let maps: Vec<Map<'_>> = shapes.iter().zip(values).map(|(shape, values)| Map { shape, values }).collect();
        decode(&maps, INPUT, 0.5)
    }

    #[test]
    fn distances_in_cells_reach_from_the_cells_corner_to_the_sides() {
        let mut values = zeros();
        // The second anchor of column 3, row 1 at stride 16.
        values[1][15] = 0.75;
        values[4][60..64].copy_from_slice(&[0.5, 1.0, 1.5, 2.0]);
        let face = Detection { left: 40.0, top: 0.0, right: 72.0, bottom: 48.0, score: 0.75, kind: 0.0 };
        assert_eq!(decoded(&values), Ok(vec![vec![face]]));
    }

    #[test]
    fn a_batch_in_front_and_landmarks_behind_change_nothing() {
        let mut shapes: Vec<[usize; 3]> =
            [1, 4, 10].into_iter().flat_map(|n| ANCHORS_OF.map(|count| [2, count, n])).collect();
        let mut values: Vec<Vec<f32>> = shapes.iter().map(|shape| vec![0.0; shape.iter().product()]).collect();
        values[2][7] = 0.9;
        values[5][28..].fill(1.0);
        values[6].fill(f32::NAN);
        let maps: Vec<Map<'_>> = shapes.iter().zip(&values).map(|(shape, values)| Map { shape, values }).collect();
        let face = Detection { left: 0.0, top: -32.0, right: 64.0, bottom: 32.0, score: 0.9, kind: 0.0 };
        assert_eq!(decode(&maps, INPUT, 0.5), Ok(vec![vec![], vec![face]]));
        shapes[0][1] = 32;
        let maps: Vec<Map<'_>> = shapes.iter().zip(&values).map(|(shape, values)| Map { shape, values }).collect();
        assert!(matches!(decode(&maps, INPUT, 0.5), Err(Error::OutputShape { index: 0, .. })));
    }

    #[test]
    fn refuses_scores_that_are_no_probabilities_and_a_kept_box_that_is_not_a_number() {
        for (value, refused) in [
            (f32::NAN, Error::NotFinite { output: 0, item: 0 }),
            (3.5, Error::NotProbability { output: 0, item: 0, value: 3.5 }),
            (-2.0, Error::NotProbability { output: 0, item: 0, value: -2.0 }),
        ] {
            let mut values = zeros();
            values[0][63] = value;
            assert_eq!(decoded(&values), Err(refused));
        }
        let mut values = zeros();
        (values[0][1], values[3][5]) = (0.9, f32::NAN);
        assert_eq!(decoded(&values), Err(Error::NotFinite { output: 3, item: 0 }));
    }
}
