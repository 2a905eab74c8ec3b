//! From YCbCr to normalised colours.

use super::Letterbox;

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

/// One output channel: `(clamp(luma * (Y - black) + blue * (Cb - 128) + red * (Cr - 128)) - mean) * factor`.
#[derive(Clone, Copy)]
struct Channel {
    blue: f32,
    red: f32,
    mean: f32,
    factor: f32,
}

/// All three of them.
#[derive(Clone, Copy)]
pub struct Conversion {
    black: f32,
    luma: f32,
    channels: [Channel; 3],
}

impl Conversion {
    pub fn new(letterbox: &Letterbox) -> Self {
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
        let green = (-blue * blue_share / green_share, -red * red_share / green_share);
        let mut columns = [(0.0, red), green, (blue, 0.0)];
        if letterbox.channels == Channels::Bgr {
            columns.reverse();
        }
        let channel = |nth: usize| Channel {
            blue: columns[nth].0,
            red: columns[nth].1,
            mean: letterbox.mean[nth],
            factor: letterbox.factor[nth],
        };
        Self { black, luma, channels: [channel(0), channel(1), channel(2)] }
    }

    /// Convert one row.
    #[inline(always)]
    pub fn convert(&self, mixed: &[Vec<f32>; 3], colours: [&mut [f32]; 3]) {
        let Self { black, luma, channels: [a, b, c] } = *self;
        let [first, second, third] = colours;
        let targets = first.iter_mut().zip(second).zip(third);
        for ((((first, second), third), y), (cb, cr)) in targets.zip(&mixed[0]).zip(mixed[1].iter().zip(&mixed[2])) {
            let (y, cb, cr) = ((*y - black) * luma, *cb - 128.0, *cr - 128.0);
            *first = normalised(y, cb, cr, a);
            *second = normalised(y, cb, cr, b);
            *third = normalised(y, cb, cr, c);
        }
    }
}

#[inline(always)]
fn normalised(y: f32, cb: f32, cr: f32, channel: Channel) -> f32 {
    let colour = y + cb * channel.blue + cr * channel.red;
    // Two comparisons, which are one instruction each; `clamp` would also look after what is not a number.
    let colour = if colour > 0.0 { colour } else { 0.0 };
    let colour = if colour < 255.0 { colour } else { 255.0 };
    (colour - channel.mean) * channel.factor
}
