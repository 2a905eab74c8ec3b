//! Three planes of floats, one colour after the other: what most networks take.

use super::mixer::Mixer;
use super::taps::Number;
use super::{Canvas, TURNED_AT_ONCE};
use crate::Frame;

impl Canvas {
    /// Write one frame into one target.
    #[inline(always)]
    pub(super) fn write_planes<N: Number>(&mut self, mixer: &mut Mixer<N>, frame: &Frame<'_>, target: &mut [f32]) {
        if self.turned {
            self.write_turned(mixer, frame, target);
        } else {
            self.write_rows(mixer, frame, target);
        }
    }

    #[inline(always)]
    fn write_rows<N: Number>(&self, mixer: &mut Mixer<N>, frame: &Frame<'_>, target: &mut [f32]) {
        let (width, height) = self.target;
        let (columns, rows) = (mixer.columns(), mixer.rows());
        let [first, second, third] = planes_of(target, width * height);
        for y in 0..rows {
            let at = y * width..y * width + columns;
            let colours = [&mut first[at.clone()], &mut second[at.clone()], &mut third[at]];
            self.conversion.convert(mixer.row(frame, y), colours);
        }
        for plane in [first, second, third] {
            for row in plane[..rows * width].chunks_exact_mut(width) {
                row[columns..].fill(self.pad);
            }
            plane[rows * width..].fill(self.pad);
        }
    }

    #[inline(always)]
    fn write_turned<N: Number>(&mut self, mixer: &mut Mixer<N>, frame: &Frame<'_>, target: &mut [f32]) {
        let (width, height) = self.target;
        let (columns, rows) = (mixer.columns(), mixer.rows());
        self.waiting.resize(TURNED_AT_ONCE * 3 * columns, 0.0);
        for start in (0..rows).step_by(TURNED_AT_ONCE) {
            let count = TURNED_AT_ONCE.min(rows - start);
            for (y, colours) in (start..start + count).zip(self.waiting.chunks_exact_mut(3 * columns)) {
                self.conversion.convert(mixer.row(frame, y), planes_of(colours, columns));
            }
            for (channel, plane) in target.chunks_exact_mut(width * height).enumerate() {
                for (x, row) in plane.chunks_exact_mut(width).take(columns).enumerate() {
                    for (nth, value) in row[start..start + count].iter_mut().enumerate() {
                        *value = self.waiting[(nth * 3 + channel) * columns + x];
                    }
                }
            }
        }
        for plane in target.chunks_exact_mut(width * height) {
            for row in plane[..columns * width].chunks_exact_mut(width) {
                row[rows..].fill(self.pad);
            }
            plane[columns * width..].fill(self.pad);
        }
    }
}

fn planes_of(target: &mut [f32], size: usize) -> [&mut [f32]; 3] {
    let (first, rest) = target.split_at_mut(size);
    let (second, third) = rest.split_at_mut(size);
    [first, second, third]
}
