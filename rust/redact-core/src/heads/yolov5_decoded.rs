//! `YOLOv5` as it is usually exported, its last step done: one map (n, anchors, 5 + classes) of boxes (centre x, y,
//! width, height in input pixels), objectness and classes as probabilities; three anchors for each cell of strides 8,
//! 16 and 32. Score = objectness * class.

use super::{Detection, Grid, InputSize, Map, Source, batch};
use crate::{Error, Result};

const STRIDES: [u16; 3] = [8, 16, 32];
const ANCHORS: usize = 3;
const OBJECTNESS: usize = 4;
const BEFORE_CLASSES: usize = 5;

/// Classes behind the last threshold are not looked at.
pub fn decode(outputs: &[Map<'_>], input: InputSize, thresholds: &[f32]) -> Result<Vec<Vec<Detection>>> {
    let batch = batch(outputs, 1..=1, "1")?;
    Grid::new(input, STRIDES[2])?;
    let cells = STRIDES.into_iter().map(|stride| Ok(Grid::new(input, stride)?.cells())).sum::<Result<usize>>()?;
    let Map { shape, values } = outputs[0];
    let numbers = shape.get(2).copied().unwrap_or(0).max(BEFORE_CLASSES + thresholds.len());
    let expected = [batch, ANCHORS * cells, numbers];
    if shape != expected || values.len() != expected.iter().product() {
        return Err(Error::OutputShape { index: 0, given: shape.to_vec(), expected: expected.to_vec() });
    }
    let mut found = vec![Vec::new(); batch];
    for (item, values) in values.chunks_exact(ANCHORS * cells * numbers).enumerate() {
        for row in values.chunks_exact(numbers) {
            decode_row(row, thresholds, Source { output: 0, item }, &mut found[item])?;
        }
    }
    Ok(found)
}

fn decode_row(row: &[f32], thresholds: &[f32], source: Source, found: &mut Vec<Detection>) -> Result<()> {
    let object = source.probability(row[OBJECTNESS])?;
    for (kind, (class, threshold)) in row[BEFORE_CLASSES..].iter().zip(thresholds).enumerate() {
        let score = object * source.probability(*class)?;
        if score >= *threshold {
            found.push(source.around((row[0], row[1]), (row[2].abs(), row[3].abs()), score, kind)?);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 64x32 has 32, 8 and 2 cells, of three anchors each.
    const ROWS: usize = 126;

    /// Two items of two classes.
    fn decoded(values: &[f32], thresholds: &[f32]) -> Result<Vec<Vec<Detection>>> {
        let shape = [2, ROWS, 7];
        decode(&[Map { shape: &shape, values }], InputSize { width: 64, height: 32 }, thresholds)
    }

    #[test]
    fn a_row_is_a_box_and_its_score_the_product_of_objectness_and_class() {
        let mut values = vec![0.0; 2 * ROWS * 7];
        values[2 * ROWS * 7 - 7..].copy_from_slice(&[30.0, 20.0, 10.0, 8.0, 0.5, 1.0, 0.5]);
        let face = Detection { left: 25.0, top: 16.0, right: 35.0, bottom: 24.0, score: 0.5, kind: 0.0 };
        assert_eq!(decoded(&values, &[0.5, 0.3]), Ok(vec![vec![], vec![face]]));
        assert_eq!(decoded(&values, &[0.5, 0.25]).unwrap()[1].len(), 2, "one thing may be of two classes");
    }

    #[test]
    fn refuses_logits_and_what_is_not_a_number() {
        let mut values = vec![0.0; 2 * ROWS * 7];
        values[4] = f32::NAN;
        assert_eq!(decoded(&values, &[0.5]), Err(Error::NotFinite { output: 0, item: 0 }));
        values[4] = -7.0;
        assert_eq!(decoded(&values, &[0.5]), Err(Error::NotProbability { output: 0, item: 0, value: -7.0 }));
        (values[0], values[4], values[5]) = (f32::INFINITY, 1.0, 1.0);
        assert_eq!(decoded(&values, &[0.5]), Err(Error::NotFinite { output: 0, item: 0 }));
    }

    #[test]
    fn refuses_more_kinds_than_classes_and_the_rows_of_another_input_size() {
        let values = vec![0.0; 2 * ROWS * 7];
        assert!(matches!(decoded(&values, &[0.5; 3]), Err(Error::OutputShape { index: 0, .. })));
        let shape = [2, ROWS, 7];
        let maps = [Map { shape: &shape, values: &values }];
        assert!(decode(&maps, InputSize { width: 64, height: 64 }, &[0.5]).is_err());
    }
}
