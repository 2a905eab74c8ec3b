//! A number a pixel, whose bytes are its colours: what networks take whose first layer computes in eight bits.

use super::mixer::Mixer;
use super::taps::Number;
use super::{Canvas, TURNED_AT_ONCE};
use crate::Frame;

impl Canvas {
    /// Write one frame into one target.
    #[inline(always)]
    pub(super) fn write_packed<N: Number>(&mut self, mixer: &mut Mixer<N>, frame: &Frame<'_>, target: &mut [u32]) {
        if self.turned {
            self.write_packed_turned(mixer, frame, target);
        } else {
            self.write_packed_rows(mixer, frame, target);
        }
    }

    #[inline(always)]
    fn write_packed_rows<N: Number>(&self, mixer: &mut Mixer<N>, frame: &Frame<'_>, target: &mut [u32]) {
        let (columns, rows) = (mixer.columns(), mixer.rows());
        let mut lines = target.chunks_exact_mut(self.target.0);
        for (y, line) in (0..rows).zip(&mut lines) {
            let (picture, rest) = line.split_at_mut(columns);
            self.conversion.convert_packed(mixer.row(frame, y), picture);
            rest.fill(self.pad_packed());
        }
        lines.for_each(|line| line.fill(self.pad_packed()));
    }

    #[inline(always)]
    fn write_packed_turned<N: Number>(&mut self, mixer: &mut Mixer<N>, frame: &Frame<'_>, target: &mut [u32]) {
        let (columns, rows) = (mixer.columns(), mixer.rows());
        self.waiting_packed.resize(TURNED_AT_ONCE * columns, 0);
        for start in (0..rows).step_by(TURNED_AT_ONCE) {
            let count = TURNED_AT_ONCE.min(rows - start);
            for (y, pixels) in (start..start + count).zip(self.waiting_packed.chunks_exact_mut(columns)) {
                self.conversion.convert_packed(mixer.row(frame, y), pixels);
            }
            for (x, line) in target.chunks_exact_mut(self.target.0).take(columns).enumerate() {
                let column = self.waiting_packed[x..].iter().step_by(columns);
                line[start..start + count].iter_mut().zip(column).for_each(|(to, from)| *to = *from);
            }
        }
        let mut lines = target.chunks_exact_mut(self.target.0);
        lines.by_ref().take(columns).for_each(|line| line[rows..].fill(self.pad_packed()));
        lines.for_each(|line| line.fill(self.pad_packed()));
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a byte is what is asked for")]
    fn pad_packed(&self) -> u32 {
        u32::from_le_bytes([self.pad as u8, self.pad as u8, self.pad as u8, 0])
    }
}
