//! `YOLOv5` before its last step: raw logits at strides 8, 16 and 32, three anchors a cell, each box (x, y, w, h),
//! objectness and one number per class; channels first, (n, 3 * (5 + classes), h, w), or last, (n, 3, h, w, 5 + classes).
//! Centre = (sigmoid(xy) * 2 - 0.5 + cell) * stride, size = (sigmoid(wh) * 2)^2 * anchor, score = objectness * class.

use super::{Detection, Grid, InputSize, Map, Source, batch, sigmoid};
use crate::{Error, Result};

const STRIDES: [u16; 3] = [8, 16, 32];

/// Anchor widths and heights in input pixels, per stride: those of the published configurations (COCO).
const ANCHORS: [[(f32, f32); 3]; 3] = [
    [(10.0, 13.0), (16.0, 30.0), (33.0, 23.0)],
    [(30.0, 61.0), (62.0, 45.0), (59.0, 119.0)],
    [(116.0, 90.0), (156.0, 198.0), (373.0, 326.0)],
];

const OBJECTNESS: usize = 4;
const BEFORE_CLASSES: usize = 5;

/// Classes behind the last threshold are not looked at.
pub fn decode(outputs: &[Map<'_>], input: InputSize, thresholds: &[f32]) -> Result<Vec<Vec<Detection>>> {
    let batch = batch(outputs, 3..=3, "3")?;
    Grid::new(input, STRIDES[2])?;
    let mut found = vec![Vec::new(); batch];
    for (level, (stride, anchors)) in STRIDES.into_iter().zip(ANCHORS).enumerate() {
        let grid = Grid::new(input, stride)?;
        let rows = Rows::new(outputs, level, batch, grid, thresholds.len())?;
        for (item, found) in found.iter_mut().enumerate() {
            for (number, anchor) in anchors.into_iter().enumerate() {
                let source = Source { output: level, item };
                for cell in 0..grid.cells() {
                    let value = |what| rows.value(item * 3 + number, what, cell);
                    decode_cell(value, (grid, cell), anchor, thresholds, source, found)?;
                }
            }
        }
    }
    Ok(found)
}

fn decode_cell(
    value: impl Fn(usize) -> f32,
    (grid, cell): (Grid, usize),
    anchor: (f32, f32),
    thresholds: &[f32],
    source: Source,
    found: &mut Vec<Detection>,
) -> Result<()> {
    let object = source.score(sigmoid(value(OBJECTNESS)))?;
    for (class, threshold) in thresholds.iter().enumerate() {
        let score = object * source.score(sigmoid(value(BEFORE_CLASSES + class)))?;
        if score < *threshold {
            continue;
        }
        let (x, y) = grid.place(cell);
        let [dx, dy, w, h] = [0, 1, 2, 3].map(|number| sigmoid(value(number)) * 2.0);
        let centre = ((x + dx - 0.5) * grid.stride, (y + dy - 0.5) * grid.stride);
        found.push(source.around(centre, (w * w * anchor.0, h * h * anchor.1), score, class)?);
    }
    Ok(())
}

/// One level's numbers, whichever way they lie; as many classes at every level.
struct Rows<'a> {
    values: &'a [f32],
    numbers: usize,
    cells: usize,
    channels_last: bool,
}

impl<'a> Rows<'a> {
    fn new(outputs: &[Map<'a>], index: usize, batch: usize, grid: Grid, kinds: usize) -> Result<Self> {
        let Map { shape, values } = outputs[index];
        let first = outputs[0].shape;
        let channels_last = first.len() == 5;
        let stated = if channels_last { first[4] } else { first.get(1).copied().unwrap_or(0) / 3 };
        let numbers = stated.max(BEFORE_CLASSES + kinds);
        let expected = if channels_last {
            vec![batch, 3, grid.height, grid.width, numbers]
        } else {
            vec![batch, 3 * numbers, grid.height, grid.width]
        };
        if shape != expected || values.len() != expected.iter().product() {
            return Err(Error::OutputShape { index, given: shape.to_vec(), expected });
        }
        Ok(Self { values, numbers, cells: grid.cells(), channels_last })
    }

    fn value(&self, anchor: usize, number: usize, cell: usize) -> f32 {
        let within = if self.channels_last { cell * self.numbers + number } else { number * self.cells + cell };
        self.values[anchor * self.numbers * self.cells + within]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INPUT: InputSize = InputSize { width: 64, height: 32 };
    const LEVELS: [(usize, usize); 3] = [(4, 8), (2, 4), (1, 2)];

    /// Two items, two classes; certain of nothing.
    fn nothing() -> [Vec<f32>; 3] {
        LEVELS.map(|(h, w)| vec![-30.0; 2 * 21 * h * w])
    }

    fn decoded(values: &[Vec<f32>; 3], thresholds: &[f32]) -> Result<Vec<Vec<Detection>>> {
        let shapes = LEVELS.map(|(h, w)| [2, 21, h, w]);
        let maps: Vec<Map<'_>> = shapes.iter().zip(values).map(|(shape, values)| Map { shape, values }).collect();
        decode(&maps, INPUT, thresholds)
    }

    /// The same numbers, channels last.
    fn turned(values: &[Vec<f32>; 3]) -> Result<Vec<Vec<Detection>>> {
        let shapes = LEVELS.map(|(h, w)| [2, 3, h, w, 7]);
        let turned: Vec<Vec<f32>> = LEVELS
            .iter()
            .zip(values)
            .map(|((h, w), values)| {
                let cells = h * w;
                let anchors = values.chunks_exact(7 * cells);
                anchors.flat_map(|a| (0..cells).flat_map(move |c| (0..7).map(move |n| a[n * cells + c]))).collect()
            })
            .collect();
        let maps: Vec<Map<'_>> = shapes.iter().zip(&turned).map(|(shape, values)| Map { shape, values }).collect();
        decode(&maps, INPUT, &[0.5, 0.5])
    }

    #[test]
    fn zero_logits_are_the_anchor_in_the_middle_of_its_cell_either_way_round() {
        let mut values = nothing();
        // Item 1, anchor 1 of stride 16, column 1, row 1; certain, and of the second class.
        let at = |number: usize| (3 + 1) * 7 * 8 + number * 8 + 5;
        for number in 0..4 {
            values[1][at(number)] = 0.0;
        }
        (values[1][at(4)], values[1][at(6)]) = (40.0, 40.0);
        let car = Detection { left: -7.0, top: 1.5, right: 55.0, bottom: 46.5, score: 1.0, kind: 1.0 };
        assert_eq!(decoded(&values, &[0.5, 0.5]), Ok(vec![vec![], vec![car]]));
        assert_eq!(turned(&values), Ok(vec![vec![], vec![car]]));
        assert_eq!(decoded(&values, &[0.5]), Ok(vec![vec![], vec![]]), "only the first class is asked for");
    }

    #[test]
    fn one_cell_may_be_of_two_classes() {
        let mut values = nothing();
        for number in 0..7 {
            values[2][number * 2] = 40.0;
        }
        let kinds: Vec<f32> = decoded(&values, &[0.5, 0.5]).unwrap()[0].iter().map(|found| found.kind).collect();
        assert_eq!(kinds, [0.0, 1.0]);
    }

    #[test]
    fn refuses_more_kinds_than_classes_and_what_is_not_a_number() {
        let mut values = nothing();
        assert!(matches!(decoded(&values, &[0.5; 3]), Err(Error::OutputShape { index: 0, .. })));
        values[0][4 * 32] = f32::NAN;
        assert_eq!(decoded(&values, &[0.5, 0.5]), Err(Error::NotFinite { output: 0, item: 0 }));
    }
}
