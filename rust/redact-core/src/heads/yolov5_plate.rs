//! The plate detector of hyperlpr3 (a yolov5 head): raw logits at strides 8, 16 and 32, three anchors of 15 numbers
//! each: box (x, y, w, h), objectness, 8 landmarks (ignored), 2 classes (plates of one and of two rows: both plates).
//! Centre = (sigmoid(xy) * 2 - 0.5 + cell) * stride, size = (sigmoid(wh) * 2)^2 * anchor, score = objectness * class.
//!
//! Outputs: three maps (n, 45, h, w).

use super::{Detection, Grid, InputSize, Map, Source, batch, shaped, sigmoid};
use crate::Result;

const STRIDES: [u16; 3] = [8, 16, 32];

/// Anchor widths and heights in input pixels, per stride; from the weights' own configuration.
const ANCHORS: [[(f32, f32); 3]; 3] = [
    [(4.0, 5.0), (8.0, 10.0), (13.0, 16.0)],
    [(23.0, 29.0), (43.0, 55.0), (73.0, 105.0)],
    [(146.0, 217.0), (231.0, 300.0), (335.0, 433.0)],
];

const NUMBERS: usize = 15;
const OBJECTNESS: usize = 4;
const CLASSES: std::ops::Range<usize> = 13..15;

pub fn decode(outputs: &[Map<'_>], input: InputSize, threshold: f32) -> Result<Vec<Vec<Detection>>> {
    let batch = batch(outputs, 3..=3, "3")?;
    Grid::new(input, STRIDES[2])?;
    let mut found = vec![Vec::new(); batch];
    for (level, (stride, anchors)) in STRIDES.into_iter().zip(ANCHORS).enumerate() {
        let grid = Grid::new(input, stride)?;
        let values = shaped(outputs, level, &[batch, 3 * NUMBERS, grid.height, grid.width])?;
        for (item, values) in values.chunks_exact(3 * NUMBERS * grid.cells()).enumerate() {
            let source = Source { output: level, item };
            for (values, anchor) in values.chunks_exact(NUMBERS * grid.cells()).zip(anchors) {
                decode_anchor(values, grid, anchor, threshold, source, &mut found[item])?;
            }
        }
    }
    Ok(found)
}

fn decode_anchor(
    values: &[f32],
    grid: Grid,
    anchor: (f32, f32),
    threshold: f32,
    source: Source,
    found: &mut Vec<Detection>,
) -> Result<()> {
    for cell in 0..grid.cells() {
        let value = |number: usize| values[number * grid.cells() + cell];
        let object = source.score(sigmoid(value(OBJECTNESS)))?;
        // No class lifts a score above its objectness.
        if object < threshold {
            continue;
        }
        let mut class = 0.0_f32;
        for number in CLASSES {
            class = class.max(source.score(sigmoid(value(number)))?);
        }
        if object * class < threshold {
            continue;
        }
        let (x, y) = grid.place(cell);
        let [dx, dy, w, h] = [0, 1, 2, 3].map(|number| sigmoid(value(number)) * 2.0);
        let centre = ((x + dx - 0.5) * grid.stride, (y + dy - 0.5) * grid.stride);
        found.push(source.around(centre, (w * w * anchor.0, h * h * anchor.1), object * class, 0)?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;

    fn decoded(values: &[Vec<f32>; 3]) -> Result<Vec<Vec<Detection>>> {
        let shapes = [[1, 45, 4, 8], [1, 45, 2, 4], [1, 45, 1, 2]];
        let maps: Vec<Map<'_>> = shapes.iter().zip(values).map(|(shape, values)| Map { shape, values }).collect();
        decode(&maps, InputSize { width: 64, height: 32 }, 0.5)
    }

    fn nothing() -> [Vec<f32>; 3] {
        [45 * 32, 45 * 8, 45 * 2].map(|length| vec![-20.0; length])
    }

    #[test]
    fn zero_logits_are_the_anchor_in_the_middle_of_its_cell() {
        let mut values = nothing();
        // Anchor 1 of stride 16, column 1, row 1; certain, and of the second class.
        let at = |number: usize| (NUMBERS + number) * 8 + 5;
        for number in 0..4 {
            values[1][at(number)] = 0.0;
        }
        (values[1][at(4)], values[1][at(14)]) = (40.0, 40.0);
        let plate = Detection { left: 2.5, top: -3.5, right: 45.5, bottom: 51.5, score: 1.0, kind: 0.0 };
        assert_eq!(decoded(&values), Ok(vec![vec![plate]]));
    }

    #[test]
    fn a_sure_object_of_no_class_is_no_plate() {
        let mut values = nothing();
        values[2][4 * 2] = 40.0;
        assert_eq!(decoded(&values), Ok(vec![vec![]]));
    }

    #[test]
    fn refuses_an_objectness_that_is_not_a_number() {
        let mut values = nothing();
        values[0][4 * 32] = f32::NAN;
        assert_eq!(decoded(&values), Err(Error::NotFinite { output: 0, item: 0 }));
    }
}
