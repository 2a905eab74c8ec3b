//! Inverse compositional alignment of a patch (Baker and Matthews, "Lucas-Kanade 20 Years On", 2004): place, and size
//! where asked, up to gain and offset.

use super::patch::{Area, COUNT, SIDE, Samples, even, place, sample, sum};
use super::pyramid::Level;

const ROUNDS: usize = 8;

/// Shares of the box's sides below which a round has changed nothing.
const ENOUGH: f32 = 0.004;

/// The most that one round moves or resizes a box, as a share of its sides.
const MOST: f32 = 0.25;
const SMALLEST: f32 = 0.9;
const LARGEST: f32 = 1.1;

/// Added to the diagonal: a patch without texture moves nowhere.
const DAMPING: f32 = 1e-6;

/// How many numbers are solved for: right and down, and the size.
type Vector = [f32; 3];

/// The box near `start` that holds what `template` holds.
#[inline(always)]
pub fn align(template: &Samples, level: &Level, factor: f32, start: Area, weights: &Samples, sized: bool) -> Area {
    let mut wanted = *template;
    even(&mut wanted, weights);
    let slopes = steepest(&wanted);
    let unknowns = if sized { 3 } else { 2 };
    let mut hessian = [[0.0; 3]; 3];
    for a in 0..unknowns {
        for b in a..unknowns {
            hessian[a][b] = sum(|i| slopes[a][i] * slopes[b][i] * weights[i]);
            hessian[b][a] = hessian[a][b];
        }
    }
    let (mut area, mut here, mut off) = (start, [0.0; COUNT], [0.0; COUNT]);
    for _ in 0..ROUNDS {
        sample(level, area, factor, &mut here);
        even(&mut here, weights);
        for i in 0..COUNT {
            off[i] = (here[i] - wanted[i]) * weights[i];
        }
        let mut slope = [0.0; 3];
        for (a, value) in slope.iter_mut().enumerate().take(unknowns) {
            *value = sum(|i| slopes[a][i] * off[i]);
        }
        let change = solved(hessian, slope, unknowns).map(|value| value.clamp(-MOST, MOST));
        let scale = if sized { 1.0 / (1.0 + change[2]) } else { 1.0 };
        let limited = scale.clamp(SMALLEST, LARGEST);
        area = Area {
            x: area.x - change[0] * area.width * scale,
            y: area.y - change[1] * area.height * scale,
            width: area.width * limited,
            height: area.height * limited,
        };
        if change[0].abs() + change[1].abs() < ENOUGH && change[2].abs() < ENOUGH {
            break;
        }
    }
    area
}

/// How each sample changes if the box is moved right, down, or resized, by its side.
#[inline(always)]
#[expect(clippy::cast_precision_loss, reason = "at most 24")]
fn steepest(wanted: &Samples) -> [Samples; 3] {
    let mut steep = [[0.0; COUNT]; 3];
    for y in 0..SIDE {
        for x in 0..SIDE {
            let slope = |a: usize, b: usize, apart: usize| (wanted[b] - wanted[a]) / apart as f32 * SIDE as f32;
            let (left, right) = (x.saturating_sub(1), (x + 1).min(SIDE - 1));
            let (above, below) = (y.saturating_sub(1), (y + 1).min(SIDE - 1));
            let i = y * SIDE + x;
            steep[0][i] = slope(y * SIDE + left, y * SIDE + right, right - left);
            steep[1][i] = slope(above * SIDE + x, below * SIDE + x, below - above);
            steep[2][i] = steep[0][i] * place(x) + steep[1][i] * place(y);
        }
    }
    steep
}

/// Gaussian elimination; the matrix is symmetric and positive, so that no row need be exchanged.
fn solved(mut matrix: [[f32; 3]; 3], mut right: Vector, unknowns: usize) -> Vector {
    for (i, row) in matrix.iter_mut().enumerate().take(unknowns) {
        row[i] += DAMPING;
    }
    for i in 0..unknowns {
        for j in i + 1..unknowns {
            let share = matrix[j][i] / matrix[i][i];
            let above = matrix[i];
            matrix[j].iter_mut().zip(above).for_each(|(value, other)| *value -= share * other);
            right[j] -= share * right[i];
        }
    }
    for i in (0..unknowns).rev() {
        for k in i + 1..unknowns {
            right[i] -= matrix[i][k] * right[k];
        }
        right[i] /= matrix[i][i];
    }
    right[unknowns..].fill(0.0);
    right
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_equations_are_solved() {
        let matrix = [[4.0, 1.0, 0.5], [1.0, 3.0, 0.25], [0.5, 0.25, 2.0]];
        let right = [4.0 + 2.0 - 0.5, 1.0 + 6.0 - 0.25, 0.5 + 0.5 - 2.0];
        let found = solved(matrix, right, 3);
        assert!(found.iter().zip([1.0, 2.0, -1.0]).all(|(a, b)| (a - b).abs() < 1e-4), "{found:?}");
    }

    #[test]
    fn without_texture_nothing_moves() {
        let found = solved([[0.0; 3]; 3], [0.0; 3], 2);
        assert!(found.iter().all(|value| value.abs() < 1e-6), "{found:?}");
    }
}
