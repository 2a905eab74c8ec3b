//! `RetinaFace` (Deng et al., 2020), as the `PyTorch` port exports it: one row per prior box with a box code, the
//! probabilities of background and face, and landmarks, which are ignored. Priors: strides 8, 16 and 32, two sizes
//! each, row by row. Centre = prior + code * 0.1 * size, size = size * exp(code * 0.2).
//!
//! Outputs: box codes (n, priors, 4), probabilities (n, priors, 2), and landmarks perhaps. Priors are squares of 16 and 32,
//! 64 and 128, 256 and 512 pixels in the middle of each cell.

use super::{Detection, Grid, InputSize, Map, Source, batch, raised, shaped};
use crate::{Error, Result};

const STRIDES: [u16; 3] = [8, 16, 32];

/// Sides of the square priors in input pixels, per stride.
const SIDES: [[f32; 2]; 3] = [[16.0, 32.0], [64.0, 128.0], [256.0, 512.0]];

/// The variances that the codes were divided by in training.
const OF_CENTRE: f32 = 0.1;
const OF_SIZE: f32 = 0.2;

/// How far two probabilities may miss a sum of one: rounding of half floats and eight bits.
const SLACK: f32 = 0.02;

pub fn decode(outputs: &[Map<'_>], input: InputSize, threshold: f32) -> Result<Vec<Vec<Detection>>> {
    let batch = batch(outputs, 2..=3, "2, and landmarks perhaps")?;
    Grid::new(input, STRIDES[2])?;
    let priors = priors(input)?;
    let codes = shaped(outputs, 0, &[batch, priors.len(), 4])?;
    let scores = shaped(outputs, 1, &[batch, priors.len(), 2])?;
    let items = codes.chunks_exact(4 * priors.len()).zip(scores.chunks_exact(2 * priors.len()));
    items
        .enumerate()
        .map(|(item, (codes, scores))| {
            let mut found = Vec::new();
            for ((prior, code), score) in priors.iter().zip(codes.chunks_exact(4)).zip(scores.chunks_exact(2)) {
                let score = face(Source { output: 1, item }, score)?;
                if score < threshold {
                    continue;
                }
                let shift = OF_CENTRE * prior.side;
                let centre = (prior.x + code[0] * shift, prior.y + code[1] * shift);
                let size = (raised(code[2] * OF_SIZE) * prior.side, raised(code[3] * OF_SIZE) * prior.side);
                found.push(Source { output: 0, item }.around(centre, size, score, 0)?);
            }
            Ok(found)
        })
        .collect()
}

/// The probability of a face. The two must add up to one: logits would be read as certainty.
fn face(source: Source, scores: &[f32]) -> Result<f32> {
    let (none, face) = (source.probability(scores[0])?, source.probability(scores[1])?);
    if (none + face - 1.0).abs() > SLACK {
        return Err(Error::NotProbability { output: source.output, item: source.item, value: none + face });
    }
    Ok(face)
}

#[derive(Clone, Copy)]
struct Prior {
    x: f32,
    y: f32,
    side: f32,
}

fn priors(input: InputSize) -> Result<Vec<Prior>> {
    let mut priors = Vec::new();
    for (stride, sides) in STRIDES.into_iter().zip(SIDES) {
        let grid = Grid::new(input, stride)?;
        for cell in 0..grid.cells() {
            let (x, y) = grid.place(cell);
            priors.extend(sides.map(|side| Prior { x: (x + 0.5) * grid.stride, y: (y + 0.5) * grid.stride, side }));
        }
    }
    Ok(priors)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 64x32 has 32, 8 and 2 cells, of two priors each.
    const PRIORS: usize = 84;

    fn decoded(codes: &[f32], scores: &[f32]) -> Result<Vec<Vec<Detection>>> {
        let (boxes, classes) = ([1, PRIORS, 4], [1, PRIORS, 2]);
        let maps = [Map { shape: &boxes, values: codes }, Map { shape: &classes, values: scores }];
        decode(&maps, InputSize { width: 64, height: 32 }, 0.5)
    }

    fn nothing() -> (Vec<f32>, Vec<f32>) {
        (vec![0.0; 4 * PRIORS], [1.0, 0.0].repeat(PRIORS))
    }

    #[test]
    fn a_zero_code_is_the_prior_and_variances_scale_the_rest() {
        let (mut codes, mut scores) = nothing();
        // The larger prior of column 1, row 1 at stride 16; and the same one moved and doubled in width.
        let prior = 64 + 2 * 5 + 1;
        scores[2 * prior..][..2].copy_from_slice(&[0.25, 0.75]);
        let face = Detection { left: -40.0, top: -40.0, right: 88.0, bottom: 88.0, score: 0.75, kind: 0.0 };
        assert_eq!(decoded(&codes, &scores), Ok(vec![vec![face]]));
        codes[4 * prior..][..3].copy_from_slice(&[1.0, -2.0, 5.0 * 2.0_f32.ln()]);
        let found = decoded(&codes, &scores).unwrap()[0][0];
        assert!(
            (found.left - (24.0 + 12.8 - 128.0)).abs() < 1e-3 && (found.right - (24.0 + 12.8 + 128.0)).abs() < 1e-3
        );
        assert!((found.top - (24.0 - 25.6 - 64.0)).abs() < 1e-3);
    }

    #[test]
    fn refuses_logits_and_what_is_not_a_number() {
        let (codes, mut scores) = nothing();
        scores[9] = 0.9;
        assert!(matches!(decoded(&codes, &scores), Err(Error::NotProbability { output: 1, .. })), "a sum of 1.9");
        scores[9] = f32::NAN;
        assert_eq!(decoded(&codes, &scores), Err(Error::NotFinite { output: 1, item: 0 }));
        let (mut codes, mut scores) = nothing();
        codes[3] = f32::NAN;
        assert_eq!(decoded(&codes, &scores), Ok(vec![vec![]]), "a box that nobody asked for");
        scores[..2].copy_from_slice(&[0.0, 1.0]);
        assert_eq!(decoded(&codes, &scores), Err(Error::NotFinite { output: 0, item: 0 }));
    }

    #[test]
    fn refuses_the_rows_of_another_input_size() {
        let (codes, scores) = nothing();
        let (boxes, classes) = ([1, PRIORS, 4], [1, PRIORS, 2]);
        let maps = [Map { shape: &boxes, values: &codes }, Map { shape: &classes, values: &scores }];
        let refused = decode(&maps, InputSize { width: 64, height: 64 }, 0.5);
        assert!(matches!(refused, Err(Error::OutputShape { index: 0, .. })));
    }
}
