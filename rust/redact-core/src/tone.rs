//! Tone mapping: ten-bit HDR (HLG, PQ) to eight-bit BT.709, by a table that is the same on every machine.
//!
//! The table is made once from the formulas below, in doubles and with a `pow` of our own library, and is read with
//! integers only. What is brighter than paper white is rolled off as ITU-R BT.2390-11, 5.4.1 does it.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "codes are small, clamped and not negative"
)]

use libm::pow;

use crate::{Error, Frame, FrameMut, Result};

/// How light was coded (ISO/IEC 23091-2, transfer characteristics).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transfer {
    /// 18, ITU-R BT.2100 HLG, shown at 1000 cd/m2.
    Hlg,
    /// 16, ITU-R BT.2100 PQ (SMPTE ST 2084).
    Pq,
}

/// The ten-bit samples that go in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coding {
    /// How light was coded.
    pub transfer: Transfer,
    /// Whether primaries and matrix are those of BT.2020, and not of BT.709.
    pub wide: bool,
    /// Whether samples use 0..=1023, and not 64..=940.
    pub full_range: bool,
}

/// Samples of a side of the table: one for every 32 codes, and one behind the last.
const SIDE: usize = 33;
const CELL_BITS: u32 = 5;
const CELL: i32 = 1 << CELL_BITS;
/// Fractions of a code that the table keeps.
const SCALE_BITS: u32 = 6;

/// cd/m2 that the brightest sample of the result stands for: paper white of HDR (ITU-R BT.2408-7, 2.1).
const WHITE: f64 = 203.0;
/// cd/m2 of the brightest that is told apart; cameras and phones master for it.
const PEAK: f64 = 1000.0;

/// From any ten-bit sample to its eight-bit one.
pub struct ToneMap {
    table: Vec<[i32; 3]>,
}

impl ToneMap {
    /// Make the table.
    #[must_use]
    pub fn new(coding: Coding) -> Self {
        let mut table = Vec::with_capacity(SIDE * SIDE * SIDE);
        let codes = || (0..SIDE).map(|n| n as f64 * f64::from(CELL));
        for luma in codes() {
            for blue in codes() {
                for red in codes() {
                    let scale = f64::from(1 << SCALE_BITS);
                    table.push(mapped(coding, [luma, blue, red]).map(|code| (code * scale).round() as i32));
                }
            }
        }
        Self { table }
    }

    /// Map a frame.
    ///
    /// # Arguments
    /// `source` has samples of two bytes, the lower one first: its rows are twice as wide as those of `target`, or two
    /// samples more where those are odd.
    ///
    /// # Errors
    /// Frames whose sizes do not match.
    pub fn apply(&self, source: &Frame<'_>, target: &mut FrameMut<'_>) -> Result<()> {
        let (width, height) = (target.planes[0].width(), target.planes[0].height());
        if source.width() != 4 * width.div_ceil(2) || source.height() != height {
            return Err(Error::ToneMapSize { given: (source.width(), source.height()), width, height });
        }
        for y in 0..target.planes[1].height() {
            let pair = [2 * y, (2 * y + 1).min(height - 1)];
            let luma = pair.map(|row| source.planes[0].row(row));
            let [blue, red] = [1, 2].map(|plane| source.planes[plane].row(y));
            for x in 0..target.planes[1].width() {
                let colour = [sample(blue, x), sample(red, x)];
                let columns = [2 * x, (2 * x + 1).min(width - 1)];
                let mut sum = 0;
                for (row, lumas) in pair.iter().zip(luma) {
                    for column in columns {
                        let code = sample(lumas, column);
                        sum += code;
                        target.planes[0].row_mut(*row)[column] = self.look_up([code, colour[0], colour[1]])[0];
                    }
                }
                let [_, blue, red] = self.look_up([(sum + 2) / 4, colour[0], colour[1]]);
                target.planes[1].row_mut(y)[x] = blue;
                target.planes[2].row_mut(y)[x] = red;
            }
        }
        Ok(())
    }

    /// Between the eight corners of a cell, over the four of the tetrahedron that the sample lies in.
    #[inline]
    fn look_up(&self, code: [i32; 3]) -> [u8; 3] {
        const STEPS: [usize; 3] = [SIDE * SIDE, SIDE, 1];
        let inside = code.map(|c| c & (CELL - 1));
        let mut order = [0, 1, 2];
        if inside[order[0]] < inside[order[1]] {
            order.swap(0, 1);
        }
        if inside[order[1]] < inside[order[2]] {
            order.swap(1, 2);
        }
        if inside[order[0]] < inside[order[1]] {
            order.swap(0, 1);
        }
        let mut at = code.iter().zip(STEPS).map(|(c, step)| (c >> CELL_BITS) as usize * step).sum::<usize>();
        let mut weight = CELL - inside[order[0]];
        let mut sum = self.table[at].map(|value| value * weight);
        for (n, axis) in order.iter().enumerate() {
            at += STEPS[*axis];
            weight = inside[*axis] - order.get(n + 1).map_or(0, |next| inside[*next]);
            for (part, value) in sum.iter_mut().zip(self.table[at]) {
                *part += value * weight;
            }
        }
        let half = 1 << (CELL_BITS + SCALE_BITS - 1);
        sum.map(|value| ((value + half) >> (CELL_BITS + SCALE_BITS)).clamp(0, 255) as u8)
    }
}

#[inline]
fn sample(row: &[u8], x: usize) -> i32 {
    i32::from(u16::from_le_bytes([row[2 * x], row[2 * x + 1]]) & 1023)
}

/// The eight-bit codes of ten-bit ones.
fn mapped(coding: Coding, code: [f64; 3]) -> [f64; 3] {
    let [y, cb, cr] = normal(coding, code);
    let (kr, kb) = if coding.wide { (0.2627, 0.0593) } else { (0.2126, 0.0722) };
    let red = y + 2.0 * (1.0 - kr) * cr;
    let blue = y + 2.0 * (1.0 - kb) * cb;
    let green = (y - kr * red - kb * blue) / (1.0 - kr - kb);
    let light = shown(coding, [red, green, blue].map(|signal| signal.clamp(0.0, 1.0)));
    let light = if coding.wide { narrow(light) } else { light };
    let [red, green, blue] = light.map(|nits| pow((nits / WHITE).clamp(0.0, 1.0), 1.0 / 2.4));
    let (kr, kb) = (0.2126, 0.0722);
    let y = kr * red + (1.0 - kr - kb) * green + kb * blue;
    [16.0 + 219.0 * y, 128.0 + 112.0 * (blue - y) / (1.0 - kb), 128.0 + 112.0 * (red - y) / (1.0 - kr)]
}

/// Luma 0..=1, colour differences -0.5..=0.5.
fn normal(coding: Coding, [y, cb, cr]: [f64; 3]) -> [f64; 3] {
    if coding.full_range {
        [y / 1023.0, (cb - 512.0) / 1023.0, (cr - 512.0) / 1023.0]
    } else {
        [(y - 64.0) / 876.0, (cb - 512.0) / 896.0, (cr - 512.0) / 896.0]
    }
}

/// What a display of `WHITE` shows of coded light, in cd/m2: colours keep their hue, the brightest part is rolled off.
fn shown(coding: Coding, signal: [f64; 3]) -> [f64; 3] {
    let light = match coding.transfer {
        Transfer::Pq => signal.map(pq_light),
        Transfer::Hlg => {
            let scene = signal.map(hlg_scene);
            let luminance = if coding.wide { [0.2627, 0.6780, 0.0593] } else { [0.2126, 0.7152, 0.0722] };
            let y: f64 = scene.iter().zip(luminance).map(|(part, share)| part * share).sum();
            scene.map(|part| PEAK * pow(y, 0.2) * part)
        }
    };
    let brightest = light.iter().copied().fold(0.0, f64::max);
    let factor = if brightest > 0.0 { rolled_off(brightest) / brightest } else { 0.0 };
    light.map(|nits| nits * factor)
}

/// ITU-R BT.2100-3, table 4.
fn pq_light(signal: f64) -> f64 {
    let power = pow(signal, 1.0 / 78.84375);
    let above = (power - 0.835_937_5).max(0.0);
    10_000.0 * pow(above / (18.851_562_5 - 18.6875 * power), 1.0 / 0.159_301_757_812_5)
}

fn pq_signal(nits: f64) -> f64 {
    let power = pow(nits / 10_000.0, 0.159_301_757_812_5);
    pow((0.835_937_5 + 18.851_562_5 * power) / (1.0 + 18.6875 * power), 78.84375)
}

/// ITU-R BT.2100-3, table 5: from signal to light of the scene, 0..=1.
fn hlg_scene(signal: f64) -> f64 {
    if signal <= 0.5 {
        signal * signal / 3.0
    } else {
        (libm::exp((signal - 0.559_910_73) / 0.178_832_77) + 0.284_668_92) / 12.0
    }
}

/// ITU-R BT.2390-11, 5.4.1, from `PEAK` to `WHITE`, without a black level.
fn rolled_off(nits: f64) -> f64 {
    let peak = pq_signal(PEAK);
    let most = pq_signal(WHITE) / peak;
    let knee = 1.5 * most - 0.5;
    let level = (pq_signal(nits) / peak).min(1.0);
    if level < knee {
        return nits;
    }
    let t = (level - knee) / (1.0 - knee);
    let (t2, t3) = (t * t, t * t * t);
    let mapped =
        (2.0 * t3 - 3.0 * t2 + 1.0) * knee + (t3 - 2.0 * t2 + t) * (1.0 - knee) + (-2.0 * t3 + 3.0 * t2) * most;
    pq_light(mapped * peak)
}

/// From the primaries of BT.2020 to those of BT.709 (ITU-R BT.2087-0, annex 2).
fn narrow([red, green, blue]: [f64; 3]) -> [f64; 3] {
    [
        1.660_491 * red - 0.587_641 * green - 0.072_850 * blue,
        -0.124_550 * red + 1.132_900 * green - 0.008_349 * blue,
        -0.018_151 * red - 0.100_579 * green + 1.118_730 * blue,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const HLG: Coding = Coding { transfer: Transfer::Hlg, wide: true, full_range: false };
    const PQ: Coding = Coding { transfer: Transfer::Pq, wide: true, full_range: false };

    fn one(coding: Coding, code: [u16; 3]) -> [u8; 3] {
        let [y, cb, cr] = code.map(u16::to_le_bytes);
        let luma = [y[0], y[1], y[0], y[1], y[0], y[1], y[0], y[1]];
        let source = Frame::new([&luma, &cb, &cr], [4, 2, 2], 4, 2).unwrap();
        let (mut luma, mut blue, mut red) = ([0; 4], [0; 1], [0; 1]);
        let mut target = FrameMut::new([&mut luma, &mut blue, &mut red], [2, 1, 1], 2, 2).unwrap();
        ToneMap::new(coding).apply(&source, &mut target).unwrap();
        assert!(luma.iter().all(|sample| *sample == luma[0]));
        [luma[0], blue[0], red[0]]
    }

    #[test]
    fn black_is_black_and_the_peak_is_white() {
        for coding in [HLG, PQ] {
            assert_eq!(one(coding, [64, 512, 512]), [16, 128, 128]);
            assert_eq!(one(coding, [940, 512, 512])[0], 235);
        }
    }

    #[test]
    fn what_is_no_brighter_than_half_of_paper_white_keeps_its_light() {
        for nits in [10.0, 30.0, 60.0, 90.0] {
            let code = (64.0 + 876.0 * pq_signal(nits)).round() as u16;
            let expected = 16.0 + 219.0 * pow(nits / WHITE, 1.0 / 2.4);
            assert!((f64::from(one(PQ, [code, 512, 512])[0]) - expected).abs() < 2.0, "{nits}");
        }
    }

    #[test]
    fn grey_stays_grey_and_brighter_is_never_darker() {
        for coding in [HLG, PQ] {
            let (mut last, map) = (0, ToneMap::new(coding));
            for luma in 64..=940 {
                let [y, cb, cr] = map.look_up([luma, 512, 512]);
                assert!(y >= last && cb.abs_diff(128) <= 1 && cr.abs_diff(128) <= 1, "{luma}: {y} {cb} {cr}");
                last = y;
                if luma % 64 != 0 {
                    continue;
                }
                let exact = mapped(coding, [f64::from(luma), 512.0, 512.0])[0];
                assert!((f64::from(y) - exact).abs() < 2.0);
            }
        }
    }

    #[test]
    fn the_table_is_the_same_everywhere() {
        let sum = |coding| {
            ToneMap::new(coding).table.iter().flatten().fold(0_u64, |sum, value| {
                sum.wrapping_mul(1_099_511_628_211).wrapping_add(u64::from(value.unsigned_abs()))
            })
        };
        assert_eq!([sum(HLG), sum(PQ)], [17_839_993_424_521_758_260, 10_373_904_705_086_557_642]);
    }

    #[test]
    fn an_odd_row_has_a_sample_behind_its_last() {
        let source = Frame::new([&[0; 24], &[0; 8], &[0; 8]], [8, 4, 4], 8, 3).unwrap();
        let (mut luma, mut blue, mut red) = ([9; 9], [9; 4], [9; 4]);
        let mut target = FrameMut::new([&mut luma, &mut blue, &mut red], [3, 2, 2], 3, 3).unwrap();
        ToneMap::new(HLG).apply(&source, &mut target).unwrap();
        assert!(luma.iter().all(|sample| *sample != 9));
        let mut small = FrameMut::new([&mut luma, &mut blue, &mut red], [2, 1, 1], 2, 2).unwrap();
        assert!(matches!(ToneMap::new(HLG).apply(&source, &mut small), Err(Error::ToneMapSize { .. })));
    }
}
