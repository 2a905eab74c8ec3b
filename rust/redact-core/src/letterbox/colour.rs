//! From YCbCr to normalised colours.

use super::Letterbox;
use super::taps::Number;

/// Which sample values are black and white.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Range {
    /// Luma 16..235, chroma 16..240.
    Limited,
    /// 0..255.
    Full,
}

/// Which YCbCr, by its weights of red and blue in luma.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matrix {
    /// ITU-R BT.601.
    Bt601,
    /// ITU-R BT.709.
    Bt709,
}

/// Order of the colour planes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channels {
    /// Red first.
    Rgb,
    /// Blue first.
    Bgr,
}

/// One output channel, all constants folded: `clamp(luma * Y + one * C + other * D + constant, lowest, highest)`.
#[derive(Clone, Copy)]
struct Channel {
    luma: f32,
    one: f32,
    other: f32,
    constant: f32,
    lowest: f32,
    highest: f32,
}

/// All three of them. Green lies between red and blue in either order; it alone needs both chroma planes.
#[derive(Clone, Copy)]
pub struct Conversion {
    channels: [Channel; 3],
    red_first: bool,
}

impl Conversion {
    /// For samples that come as so many parts of luma and of chroma.
    #[expect(clippy::cast_possible_truncation, reason = "computed in double precision, used in single")]
    pub fn new(letterbox: &Letterbox, parts: [f32; 2]) -> Self {
        let [luma_parts, chroma_parts] = parts.map(f64::from);
        let (red_share, blue_share) = match letterbox.matrix {
            Matrix::Bt601 => (0.299, 0.114),
            Matrix::Bt709 => (0.2126, 0.0722),
        };
        let (black, luma, chroma) = match letterbox.range {
            Range::Limited => (16.0, 255.0 / 219.0, 255.0 / 224.0),
            Range::Full => (0.0, 1.0, 1.0),
        };
        let (red, blue) = (2.0 * (1.0 - red_share) * chroma, 2.0 * (1.0 - blue_share) * chroma);
        let green_share = 1.0 - red_share - blue_share;
        let (green_red, green_blue) = (-red * red_share / green_share, -blue * blue_share / green_share);
        // Weights of the chroma plane that the first channel needs, and of the other one.
        let red_first = letterbox.channels == Channels::Rgb;
        let weights: [(f64, f64); 3] = if red_first {
            [(red, 0.0), (green_red, green_blue), (0.0, blue)]
        } else {
            [(blue, 0.0), (green_blue, green_red), (0.0, red)]
        };
        let channel = |nth: usize| {
            let (one, other) = weights[nth];
            let (mean, factor) = (f64::from(letterbox.mean[nth]), f64::from(letterbox.factor[nth]));
            let constant = -black * luma - 128.0 * (one + other);
            let (black, white) = (-mean * factor, (255.0 - mean) * factor);
            Channel {
                luma: (luma * factor / luma_parts) as f32,
                one: (one * factor / chroma_parts) as f32,
                other: (other * factor / chroma_parts) as f32,
                constant: ((constant - mean) * factor) as f32,
                lowest: black.min(white) as f32,
                highest: black.max(white) as f32,
            }
        };
        Self { channels: [channel(0), channel(1), channel(2)], red_first }
    }

    /// Convert one row.
    #[inline(always)]
    pub fn convert<N: Number>(&self, mixed: &[Vec<N>; 3], colours: [&mut [f32]; 3]) {
        let [a, b, c] = self.channels;
        let [luma, blue, red] = mixed;
        let (one, other) = if self.red_first { (red, blue) } else { (blue, red) };
        let [first, second, third] = colours;
        let targets = first.iter_mut().zip(second).zip(third);
        for ((((first, second), third), y), (one, other)) in targets.zip(luma).zip(one.iter().zip(other)) {
            let (y, one, other): (f32, f32, f32) = ((*y).into(), (*one).into(), (*other).into());
            *first = clamp(y * a.luma + one * a.one + a.constant, a);
            *second = clamp(y * b.luma + one * b.one + other * b.other + b.constant, b);
            *third = clamp(y * c.luma + other * c.other + c.constant, c);
        }
    }

    /// Convert one row, a number a pixel: its first, second and third byte from below are the colours.
    #[inline(always)]
    pub fn convert_packed<N: Number>(&self, mixed: &[Vec<N>; 3], pixels: &mut [u32]) {
        let [a, b, c] = self.channels;
        let [luma, blue, red] = mixed;
        let (one, other) = if self.red_first { (red, blue) } else { (blue, red) };
        for (pixel, (y, (one, other))) in pixels.iter_mut().zip(luma.iter().zip(one.iter().zip(other))) {
            let (y, one, other): (f32, f32, f32) = ((*y).into(), (*one).into(), (*other).into());
            let first = byte(y * a.luma + one * a.one + a.constant);
            let second = byte(y * b.luma + one * b.one + other * b.other + b.constant);
            let third = byte(y * c.luma + other * c.other + c.constant);
            *pixel = first | second << 8 | third << 16;
        }
    }
}

/// 2^23: a single-precision number as large as this has its whole part in its lowest bits, rounded.
const WHOLE: f32 = 8_388_608.0;

/// Rounded and limited to a byte. (A conversion by `as` would look after what is not a number, one by one.)
#[inline(always)]
fn byte(value: f32) -> u32 {
    let value = if value > 0.0 { value } else { 0.0 };
    let value = if value < 255.0 { value } else { 255.0 };
    (value + WHOLE).to_bits() & 0xFF
}

/// Two comparisons, which are one instruction each; `f32::clamp` would also look after what is not a number.
#[inline(always)]
fn clamp(value: f32, channel: Channel) -> f32 {
    let value = if value > channel.lowest { value } else { channel.lowest };
    if value < channel.highest { value } else { channel.highest }
}
