//! The coarse search: every whole-sample move of a small window, by correlation. Sums are integers.

use super::patch::Area;
use super::pyramid::Level;

/// The most samples that a window may be moved by.
const REACH: usize = 16;
const MOVES: usize = 2 * REACH + 1;

/// The fewest and most samples along a side of the window: an elongated box must not overflow the sums.
const LEAST: usize = 5;
const MOST: usize = 64;

/// What a move of the whole reach costs, in correlation: near ones are likelier.
const FAR: f64 = 0.1;

/// Below this variance (of samples squared) there is nothing to find.
const FLAT: f64 = 1e-6;

/// The move (right, down, in upright pixels) under which what lies in `area` of one level is found in the other, and
/// the correlation there. Without texture it is the guess.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, clippy::cast_precision_loss, reason = "small")]
pub fn search(from: &Level, to: &Level, area: Area, factor: f32, guess: (f32, f32)) -> ((f32, f32), f32) {
    let (width, height) = (length(area.width * factor), length(area.height * factor));
    let reach = width.max(height).clamp(3, REACH);
    let (right, down) = (whole(guess.0 * factor), whole(guess.1 * factor));
    let left = edge((area.x - area.width / 2.0) * factor, width, from.width);
    let top = edge((area.y - area.height / 2.0) * factor, height, from.height);
    let wanted = window(from, (left, top), (width, height));
    let margin = reach as i32;
    let span = (width + 2 * reach, height + 2 * reach);
    let searched = window(to, (left + right - margin, top + down - margin), span);
    let count = (width * height) as i64;
    let total: i64 = wanted.iter().map(|&v| i64::from(v)).sum();
    let squares: i64 = wanted.iter().map(|&v| i64::from(v) * i64::from(v)).sum();
    let variance = (count * squares - total * total) as f64;
    if variance < (count * count) as f64 * FLAT {
        return (guess, 0.0);
    }
    let (mut best, mut found, mut place) = (f64::MIN, 0.0, (0, 0));
    for y in 0..=2 * reach {
        let sums = sums_of_row(&wanted, width, &searched[y * span.0..], span.0, 2 * reach + 1);
        for (x, [sum, square, cross]) in sums.iter().enumerate().take(2 * reach + 1) {
            let (sum, square, cross) = (i64::from(*sum), i64::from(*square), i64::from(*cross));
            let here = (count * square - sum * sum) as f64;
            let alike = if here > 0.0 { (count * cross - total * sum) as f64 / (here * variance).sqrt() } else { 0.0 };
            let (dx, dy) = (x as f64 - reach as f64, y as f64 - reach as f64);
            let value = alike - FAR * (dx * dx + dy * dy).sqrt() / reach as f64;
            if value > best {
                (best, found, place) = (value, alike, (x as i32, y as i32));
            }
        }
    }
    let moved = (right - margin + place.0, down - margin + place.1);
    ((moved.0 as f32 / factor, moved.1 as f32 / factor), found as f32)
}

/// Of every move along one row: the sum of the samples under the window, of their squares, and of their products with
/// the window's.
#[inline(always)]
fn sums_of_row(wanted: &[u8], width: usize, searched: &[u8], stride: usize, moves: usize) -> [[i32; 3]; MOVES] {
    let (mut sum, mut square, mut cross) = ([0_i32; MOVES], [0_i32; MOVES], [0_i32; MOVES]);
    for (line, row) in wanted.chunks_exact(width).zip(searched.chunks(stride)) {
        for (x, &value) in line.iter().enumerate() {
            let value = i32::from(value);
            let under = &row[x..x + moves];
            for (i, &sample) in under.iter().enumerate() {
                let sample = i32::from(sample);
                sum[i] += sample;
                square[i] += sample * sample;
                cross[i] += value * sample;
            }
        }
    }
    std::array::from_fn(|i| [sum[i], square[i], cross[i]])
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
fn length(side: f32) -> usize {
    (side.round().clamp(0.0, 1e6) as usize).clamp(LEAST, MOST)
}

#[expect(clippy::cast_possible_truncation, reason = "clamped")]
fn whole(value: f32) -> i32 {
    value.round().clamp(-1e6, 1e6) as i32
}

/// Where a window begins: at most its own length outside the picture.
#[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "pictures are far smaller")]
fn edge(at: f32, length: usize, picture: usize) -> i32 {
    whole(at).clamp(-(length as i32), picture as i32)
}

/// A window of a level; what lies outside repeats its edge.
#[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, clippy::cast_sign_loss, reason = "clamped")]
fn window(level: &Level, (left, top): (i32, i32), (width, height): (usize, usize)) -> Vec<u8> {
    let inside = |at: i32, size: usize| at.clamp(0, size as i32 - 1) as usize;
    let mut out = Vec::with_capacity(width * height);
    for y in top..top + height as i32 {
        let row = level.row(inside(y, level.height));
        out.extend((left..left + width as i32).map(|x| row[inside(x, level.width)]));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::follow::tests::{blob, picture};

    #[test]
    fn finds_a_blob_that_moved() {
        let (from, to) = (picture(&[blob(40, 30)]), picture(&[blob(47, 26)]));
        let area = Area { x: 40.0, y: 30.0, width: 12.0, height: 12.0 };
        let (moved, alike) = search(&from, &to, area, 1.0, (0.0, 0.0));
        assert_eq!(moved, (7.0, -4.0));
        assert!(alike > 0.95, "{alike}");
    }

    #[test]
    fn without_texture_the_guess_stands() {
        let flat = Level { width: 60, height: 60, samples: vec![90; 3600] };
        let area = Area { x: 30.0, y: 30.0, width: 12.0, height: 12.0 };
        assert_eq!(search(&flat, &flat, area, 1.0, (2.5, -1.0)), ((2.5, -1.0), 0.0));
    }
}
