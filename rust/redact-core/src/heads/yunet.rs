//! `YuNet`, as `OpenCV`'s `FaceDetectorYN` reads it: class, objectness and box per cell at strides 8, 16 and 32.
//! Score = sqrt(class * objectness), centre = (cell + d) * stride, size = exp(code) * stride.
//!
//! Outputs: `cls_8`, `cls_16`, `cls_32`, `obj_8`, `obj_16`, `obj_32`, `bbox_8`, `bbox_16`, `bbox_32`, each
//! (n, h * w, 1 or 4).

use super::{Detection, Grid, InputSize, Map, Source, batch, raised, shaped};
use crate::Result;

const STRIDES: [u16; 3] = [8, 16, 32];

pub fn decode(outputs: &[Map<'_>], input: InputSize, threshold: f32) -> Result<Vec<Vec<Detection>>> {
    let batch = batch(outputs, 9..=9, "9")?;
    Grid::new(input, STRIDES[2])?;
    let mut found = vec![Vec::new(); batch];
    for (level, stride) in STRIDES.into_iter().enumerate() {
        let grid = Grid::new(input, stride)?;
        let cells = grid.cells();
        let class = shaped(outputs, level, &[batch, cells, 1])?;
        let object = shaped(outputs, level + 3, &[batch, cells, 1])?;
        let boxes = shaped(outputs, level + 6, &[batch, cells, 4])?;
        let maps = class.chunks_exact(cells).zip(object.chunks_exact(cells)).zip(boxes.chunks_exact(4 * cells));
        for (item, ((class, object), boxes)) in maps.enumerate() {
            for (cell, ((class, object), code)) in class.iter().zip(object).zip(boxes.chunks_exact(4)).enumerate() {
                let class = Source { output: level, item }.score(*class)?;
                let object = Source { output: level + 3, item }.score(*object)?;
                let score = (class * object).sqrt();
                if score < threshold {
                    continue;
                }
                let (x, y) = grid.place(cell);
                let centre = ((x + code[0]) * grid.stride, (y + code[1]) * grid.stride);
                let size = (raised(code[2]) * grid.stride, raised(code[3]) * grid.stride);
                found[item].push(Source { output: level + 6, item }.around(centre, size, score, 0)?);
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;

    fn decoded(values: &[Vec<f32>; 9]) -> Result<Vec<Vec<Detection>>> {
        let shapes: Vec<[usize; 3]> = [1, 1, 4].into_iter().flat_map(|n| [[1, 32, n], [1, 8, n], [1, 2, n]]).collect();
        let maps: Vec<Map<'_>> = shapes.iter().zip(values).map(|(shape, values)| Map { shape, values }).collect();
        decode(&maps, InputSize { width: 64, height: 32 }, 0.6)
    }

    fn zeros() -> [Vec<f32>; 9] {
        [32, 8, 2, 32, 8, 2, 128, 32, 8].map(|length| vec![0.0; length])
    }

    #[test]
    fn the_score_is_the_geometric_mean_and_the_centre_counts_from_the_cells_corner() {
        let mut values = zeros();
        (values[1][5], values[4][5]) = (0.81, 1.0);
        values[7][20..22].copy_from_slice(&[0.5, 1.0]);
        let face = Detection { left: 16.0, top: 24.0, right: 32.0, bottom: 40.0, score: 0.9, kind: 0.0 };
        assert_eq!(decoded(&values), Ok(vec![vec![face]]));
    }

    #[test]
    fn refuses_an_objectness_that_is_not_a_number() {
        let mut values = zeros();
        values[5][1] = f32::NAN;
        assert_eq!(decoded(&values), Err(Error::NotFinite { output: 5, item: 0 }));
    }
}
