//! `YOLOv8`, v9 and v11 as they are exported without suppression: one map (n, 4 + classes, cells), the cells of strides
//! 8, 16 and 32 in a row, each a box (centre x, y, width, height in input pixels) and a probability per class.

use super::{Detection, Grid, InputSize, Map, Source, batch};
use crate::{Error, Result};

const STRIDES: [u16; 3] = [8, 16, 32];
const BEFORE_CLASSES: usize = 4;

/// Classes behind the last threshold are not looked at, nor landmarks, which lie there, too.
pub fn decode(outputs: &[Map<'_>], input: InputSize, thresholds: &[f32]) -> Result<Vec<Vec<Detection>>> {
    let batch = batch(outputs, 1..=1, "1")?;
    Grid::new(input, STRIDES[2])?;
    let cells = STRIDES.into_iter().map(|stride| Ok(Grid::new(input, stride)?.cells())).sum::<Result<usize>>()?;
    let Map { shape, values } = outputs[0];
    let numbers = shape.get(1).copied().unwrap_or(0).max(BEFORE_CLASSES + thresholds.len());
    let expected = [batch, numbers, cells];
    if shape != expected || values.len() != expected.iter().product() {
        return Err(Error::OutputShape { index: 0, given: shape.to_vec(), expected: expected.to_vec() });
    }
    let items = values.chunks_exact(numbers * cells).enumerate();
    items.map(|(item, values)| decode_item(values, cells, thresholds, Source { output: 0, item })).collect()
}

fn decode_item(values: &[f32], cells: usize, thresholds: &[f32], source: Source) -> Result<Vec<Detection>> {
    let mut found = Vec::new();
    let classes = values.chunks_exact(cells).skip(BEFORE_CLASSES);
    for (kind, (scores, threshold)) in classes.zip(thresholds).enumerate() {
        for (cell, score) in scores.iter().enumerate() {
            let score = source.probability(*score)?;
            if score >= *threshold {
                let [x, y, w, h] = [0, 1, 2, 3].map(|number| values[number * cells + cell]);
                found.push(source.around((x, y), (w.abs(), h.abs()), score, kind)?);
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 64x32 has 32, 8 and 2 cells.
    const CELLS: usize = 42;

    /// Two items of two classes.
    fn decoded(values: &[f32], thresholds: &[f32]) -> Result<Vec<Vec<Detection>>> {
        let shape = [2, 6, CELLS];
        decode(&[Map { shape: &shape, values }], InputSize { width: 64, height: 32 }, thresholds)
    }

    #[test]
    fn a_cell_is_a_box_around_its_centre_and_a_probability_per_class() {
        let mut values = vec![0.0; 2 * 6 * CELLS];
        for (number, value) in [30.0, 20.0, 10.0, 8.0, 0.5, 0.75].into_iter().enumerate() {
            values[(6 + number) * CELLS + 41] = value;
        }
        let face = Detection { left: 25.0, top: 16.0, right: 35.0, bottom: 24.0, score: 0.5, kind: 0.0 };
        let plate = Detection { score: 0.75, kind: 1.0, ..face };
        assert_eq!(decoded(&values, &[0.5, 0.6]), Ok(vec![vec![], vec![face, plate]]));
        assert_eq!(decoded(&values, &[0.5]), Ok(vec![vec![], vec![face]]), "only the first class is asked for");
    }

    #[test]
    fn refuses_scores_that_are_no_probabilities_and_a_kept_box_that_is_not_a_number() {
        let mut values = vec![0.0; 2 * 6 * CELLS];
        values[0] = f32::NAN;
        assert_eq!(decoded(&values, &[0.5]), Ok(vec![vec![], vec![]]), "a box that nobody asked for");
        values[4 * CELLS] = 0.5;
        assert_eq!(decoded(&values, &[0.5]), Err(Error::NotFinite { output: 0, item: 0 }));
        values[4 * CELLS] = f32::NAN;
        assert_eq!(decoded(&values, &[0.5]), Err(Error::NotFinite { output: 0, item: 0 }));
        values[4 * CELLS] = 120.0;
        assert_eq!(decoded(&values, &[0.5]), Err(Error::NotProbability { output: 0, item: 0, value: 120.0 }));
    }

    #[test]
    fn refuses_more_kinds_than_classes_and_the_cells_of_another_input_size() {
        let values = vec![0.0; 2 * 6 * CELLS];
        let expected = vec![2, 7, CELLS];
        let refused = Err(Error::OutputShape { index: 0, given: vec![2, 6, CELLS], expected });
        assert_eq!(decoded(&values, &[0.5; 3]), refused);
        let shape = [2, 6, CELLS];
        let maps = [Map { shape: &shape, values: &values }];
        assert!(decode(&maps, InputSize { width: 32, height: 64 }, &[0.5]).is_ok(), "as many cells, another way up");
        assert!(decode(&maps, InputSize { width: 64, height: 64 }, &[0.5]).is_err());
    }
}
