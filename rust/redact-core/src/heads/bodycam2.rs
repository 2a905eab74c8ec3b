//! The head of our second network. Per stride one map of logits: first of the kinds, then of how well the box of each
//! kind lies, then box codes (dx, dy, log w, log h) of each kind: centre = (cell + 0.5 + d) * stride, size = exp(code) *
//! 4 * stride. A score is the geometric mean of both probabilities: a box that lies badly is worth less.
//!
//! Outputs: `cells_4`, `cells_8`, `cells_16`, `cells_32`, each (n, 6 * kinds, h, w).

use super::{Detection, Grid, InputSize, Map, Source, batch, raised, shaped, sigmoid};
use crate::{Error, Result};

const STRIDES: [u16; 4] = [4, 8, 16, 32];

/// Numbers of a cell for each kind: presence, quality and a box of four.
const NUMBERS: usize = 6;

/// A size code of 0 means a box of this many cells.
const CELLS: f32 = 4.0;

pub fn decode(outputs: &[Map<'_>], input: InputSize, thresholds: &[f32]) -> Result<Vec<Vec<Detection>>> {
    let batch = batch(outputs, STRIDES.len()..=STRIDES.len(), "4")?;
    Grid::new(input, STRIDES[3])?;
    let kinds = outputs[0].shape.get(1).copied().unwrap_or(0) / NUMBERS;
    if kinds != thresholds.len() {
        return Err(Error::ThresholdCount { expected: kinds, given: thresholds.len() });
    }
    let mut found = vec![Vec::new(); batch];
    for (output, stride) in STRIDES.into_iter().enumerate() {
        let grid = Grid::new(input, stride)?;
        let values = shaped(outputs, output, &[batch, NUMBERS * kinds, grid.height, grid.width])?;
        for (item, values) in values.chunks_exact(NUMBERS * kinds * grid.cells()).enumerate() {
            let (presences, values) = values.split_at(kinds * grid.cells());
            let (qualities, codes) = values.split_at(kinds * grid.cells());
            let maps = presences.chunks_exact(grid.cells()).zip(qualities.chunks_exact(grid.cells()));
            let maps = maps.zip(codes.chunks_exact(4 * grid.cells()));
            for (kind, (((presences, qualities), codes), threshold)) in maps.zip(thresholds).enumerate() {
                let (enough, source) = (enough(*threshold), Source { output, item });
                for (cell, presence) in presences.iter().enumerate() {
                    if *presence < enough {
                        continue;
                    }
                    let score = source.score((sigmoid(*presence) * sigmoid(qualities[cell])).sqrt())?;
                    if score < *threshold {
                        continue;
                    }
                    let [dx, dy, w, h] = [0, 1, 2, 3].map(|number| codes[number * grid.cells() + cell]);
                    let (x, y) = grid.place(cell);
                    let centre = ((x + 0.5 + dx) * grid.stride, (y + 0.5 + dy) * grid.stride);
                    let size = (raised(w) * CELLS * grid.stride, raised(h) * CELLS * grid.stride);
                    found[item].push(source.around(centre, size, score, kind)?);
                }
            }
        }
    }
    Ok(found)
}

/// A logit of presence below which not even a perfect box reaches the threshold: nearly every cell ends here, without a
/// sigmoid. A little lower than exact, for rounding.
fn enough(threshold: f32) -> f32 {
    let least = threshold * threshold;
    (least / (1.0 - least)).ln().min(15.0) - 0.01
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: usize = 3;

    /// Maps for two batch items of 64x32 and three kinds, in which nothing is seen, and their shapes.
    fn maps() -> (Vec<Vec<f32>>, Vec<[usize; 4]>) {
        let shapes: Vec<[usize; 4]> =
            [(8, 16), (4, 8), (2, 4), (1, 2)].into_iter().map(|(h, w)| [2, NUMBERS * KINDS, h, w]).collect();
        let values = shapes.iter().map(|&[batch, channels, h, w]| {
            let mut map = vec![0.0; batch * channels * h * w];
            for item in map.chunks_exact_mut(channels * h * w) {
                item[..KINDS * h * w].fill(-9.0);
            }
            map
        });
        (values.collect(), shapes)
    }

    /// Where a number of a cell lies in a map.
    fn at([_, channels, h, w]: [usize; 4], item: usize, channel: usize, cell: usize) -> usize {
        (item * channels + channel) * h * w + cell
    }

    fn decoded(values: &[Vec<f32>], shapes: &[[usize; 4]], thresholds: &[f32]) -> Result<Vec<Vec<Detection>>> {
        let maps: Vec<Map<'_>> = shapes.iter().zip(values).map(|(shape, values)| Map { shape, values }).collect();
        decode(&maps, InputSize { width: 64, height: 32 }, thresholds)
    }

    #[test]
    fn each_kind_has_a_box_of_its_own() {
        let (mut values, shapes) = maps();
        // Item 1, column 3, row 1 of stride 16: a face, and the head around it, moved up and twice as high.
        for (channel, value) in [(0, 2.0), (1, 2.0), (3, 2.0), (4, 2.0), (11, -0.5), (13, 2_f32.ln())] {
            values[2][at(shapes[2], 1, channel, 7)] = value;
        }
        let found = decoded(&values, &shapes, &[0.5; 3]).unwrap();
        let face = Detection { left: 24.0, top: -8.0, right: 88.0, bottom: 56.0, score: sigmoid(2.0), kind: 0.0 };
        let head = Detection { top: -48.0, bottom: 80.0, kind: 1.0, ..face };
        assert_eq!(found[0], []);
        assert_eq!(found[1].len(), 2);
        for (ours, expected) in found[1].iter().zip([face, head]) {
            assert!((ours.kind - expected.kind).abs() < 1e-6 && (ours.score - expected.score).abs() < 1e-6);
            for (a, b) in ours.coordinates().into_iter().zip(expected.coordinates()) {
                assert!((a - b).abs() < 1e-4, "{ours:?} is not {expected:?}");
            }
        }
    }

    #[test]
    fn a_box_that_lies_badly_is_worth_less() {
        let (mut values, shapes) = maps();
        values[0][at(shapes[0], 0, 2, 5)] = 3.0;
        values[0][at(shapes[0], 0, 5, 5)] = -3.0;
        let expected = (sigmoid(3.0) * sigmoid(-3.0)).sqrt();
        let found = decoded(&values, &shapes, &[0.2; 3]).unwrap();
        assert!(found[0].len() == 1 && (found[0][0].score - expected).abs() < 1e-6);
        assert_eq!(decoded(&values, &shapes, &[0.22; 3]), Ok(vec![vec![], vec![]]));
    }

    #[test]
    fn a_logit_that_is_left_out_early_could_not_have_reached_the_threshold() {
        for threshold in [0.01_f32, 0.3, 0.5, 0.99, 1.0] {
            assert!(sigmoid(enough(threshold)).sqrt() <= threshold);
            assert!(sigmoid(enough(threshold) + 0.03).sqrt() >= threshold.min(0.9999), "{threshold}");
        }
        assert!(enough(0.0) < f32::MIN);
    }

    #[test]
    fn refuses_scores_and_kept_boxes_that_are_not_numbers() {
        for (channel, refused) in [(0, true), (3, true), (6, true), (10, false)] {
            let (mut values, shapes) = maps();
            values[1][at(shapes[1], 1, 0, 2)] = 4.0;
            values[1][at(shapes[1], 1, channel, 2)] = f32::NAN;
            let expected = if refused { Err(Error::NotFinite { output: 1, item: 1 }) } else { Ok(1) };
            assert_eq!(decoded(&values, &shapes, &[0.5; 3]).map(|found| found[1].len()), expected, "{channel}");
        }
    }

    #[test]
    fn refuses_maps_of_other_kinds_and_sizes() {
        let (values, mut shapes) = maps();
        let few = decoded(&values, &shapes, &[0.5; 2]);
        assert_eq!(few, Err(Error::ThresholdCount { expected: KINDS, given: 2 }));
        shapes[3] = [2, NUMBERS * KINDS, 2, 1];
        let expected = vec![2, NUMBERS * KINDS, 1, 2];
        let given = shapes[3].to_vec();
        assert_eq!(decoded(&values, &shapes, &[0.5; 3]), Err(Error::OutputShape { index: 3, given, expected }));
    }
}
