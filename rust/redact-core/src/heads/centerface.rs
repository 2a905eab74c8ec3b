//! `CenterFace`: a heatmap at stride 4, scale (log h, log w) and offset (dy, dx) per cell; landmarks are ignored.
//! Centre = (cell + 0.5 + offset) * 4, size = exp(scale) * 4.
//!
//! Outputs: heatmap (n, 1, h, w), scale (n, 2, h, w), offset (n, 2, h, w), and landmarks perhaps.

use super::{Detection, Grid, InputSize, Map, Source, batch, raised, shaped};
use crate::Result;

const STRIDE: u16 = 4;

pub fn decode(outputs: &[Map<'_>], input: InputSize, threshold: f32) -> Result<Vec<Vec<Detection>>> {
    let batch = batch(outputs, 3..=4, "3, and landmarks perhaps")?;
    let grid = Grid::new(input, STRIDE)?;
    let cells = grid.cells();
    let heat = shaped(outputs, 0, &[batch, 1, grid.height, grid.width])?;
    let scale = shaped(outputs, 1, &[batch, 2, grid.height, grid.width])?;
    let offset = shaped(outputs, 2, &[batch, 2, grid.height, grid.width])?;
    let maps = heat.chunks_exact(cells).zip(scale.chunks_exact(2 * cells)).zip(offset.chunks_exact(2 * cells));
    maps.enumerate()
        .map(|(item, ((heat, scale), offset))| {
            let mut found = Vec::new();
            for (cell, score) in heat.iter().enumerate() {
                let score = Source { output: 0, item }.score(*score)?;
                if score < threshold || !is_peak(heat, grid, cell) {
                    continue;
                }
                let (x, y) = grid.place(cell);
                let centre = ((x + 0.5 + offset[cells + cell]) * grid.stride, (y + 0.5 + offset[cell]) * grid.stride);
                let size = (raised(scale[cells + cell]) * grid.stride, raised(scale[cell]) * grid.stride);
                let output = if centre.0.is_finite() && centre.1.is_finite() { 1 } else { 2 };
                found.push(Source { output, item }.around(centre, size, score, 0)?);
            }
            Ok(found)
        })
        .collect()
}

/// Whether none of the up to eight cells around one is higher. All cells of a plateau are peaks: suppression sorts
/// them out, and none is lost.
fn is_peak(heat: &[f32], grid: Grid, cell: usize) -> bool {
    let (x, y) = (cell % grid.width, cell / grid.width);
    let columns = x.saturating_sub(1)..(x + 2).min(grid.width);
    (y.saturating_sub(1)..(y + 2).min(grid.height))
        .flat_map(|y| &heat[y * grid.width..][columns.clone()])
        .all(|neighbour| *neighbour <= heat[cell])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;

    const INPUT: InputSize = InputSize { width: 16, height: 8 };

    fn decoded(heat: &[f32; 8], scale: &[f32; 16], offset: &[f32; 16]) -> Result<Vec<Vec<Detection>>> {
        let (one, two) = ([1, 1, 2, 4], [1, 2, 2, 4]);
        let maps = [
            Map { shape: &one, values: heat },
            Map { shape: &two, values: scale },
            Map { shape: &two, values: offset },
        ];
        decode(&maps, INPUT, 0.5)
    }

    #[test]
    fn heights_and_vertical_offsets_come_first() {
        let (mut scale, mut offset) = ([0.0; 16], [0.0; 16]);
        scale[6] = 2.0_f32.ln();
        offset[6] = 0.25;
        let found = decoded(&[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.9, 0.0], &scale, &offset).unwrap();
        let [face] = found[0][..] else { panic!("{found:?}") };
        assert!((face.right - face.left - 4.0).abs() < 1e-5 && (face.bottom - face.top - 8.0).abs() < 1e-5);
        assert!((face.left - 8.0).abs() < 1e-5 && (face.top - 3.0).abs() < 1e-5);
    }

    #[test]
    fn only_peaks_are_kept_and_a_plateau_is_one() {
        let found = decoded(&[0.6, 0.9, 0.6, 0.7, 0.6, 0.9, 0.5, 0.6], &[0.0; 16], &[0.0; 16]).unwrap();
        let scores: Vec<f32> = found[0].iter().map(|face| face.score).collect();
        assert_eq!(scores, [0.9, 0.7, 0.9]);
    }

    #[test]
    fn refuses_a_kept_box_that_is_not_a_number() {
        let mut scale = [0.0; 16];
        scale[8] = f32::NAN;
        let heat = [0.9, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        assert_eq!(decoded(&heat, &scale, &[0.0; 16]), Err(Error::NotFinite { output: 1, item: 0 }));
    }
}
