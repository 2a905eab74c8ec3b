//! From planes to a detector's tensor: crop, turn upright, scale to fit, convert colours, normalise, pad.
//!
//! Nothing is rounded on the way. Each output row is mixed from the rows of the planes, then along itself, then
//! converted and written to its upright place, as planes of floats or as bytes, pixel by pixel. Mirroring happens in the tables of [`taps`], turning where rows are
//! written; no picture in between ever exists.
//!
//! Chroma is sited as MPEG-2 and H.264 have it by default: level with the left one of its two luma columns, half-way
//! between its two luma rows.

mod colour;
mod mixer;
mod packed;
mod periodic;
mod planar;
mod taps;

use crate::{Error, Frame, Orientation, Region, Result};
use colour::Conversion;
use mixer::AnyMixer;
use taps::Axis;

pub use colour::{Channels, Matrix, Range};

/// What a detector wants to see.
#[derive(Debug, Clone, Copy)]
pub struct Letterbox {
    /// How to turn the coded picture.
    pub orientation: Orientation,
    /// Which sample values are black and white.
    pub range: Range,
    /// Which YCbCr.
    pub matrix: Matrix,
    /// Order of the colour planes in the target; `mean` and `factor` follow it.
    pub channels: Channels,
    /// Subtracted from a colour of 0..255.
    pub mean: [f32; 3],
    /// Multiplied afterwards.
    pub factor: [f32; 3],
    /// Written where the picture does not reach.
    pub pad: f32,
    /// The part of the coded frame to look at; none is all of it.
    pub crop: Option<Region>,
}

/// Coded rows that are collected before a turned picture's columns are written: one cache line of them.
const TURNED_AT_ONCE: usize = 16;

/// A letterbox for one size of frames and one size of targets: its tables and its scratch rows.
pub struct Fit {
    scale: f64,
    frame: (usize, usize),
    mixer: AnyMixer,
    canvas: Canvas,
}

/// What is done with mixed rows.
struct Canvas {
    target: (usize, usize),
    turned: bool,
    pad: f32,
    conversion: Conversion,
    /// Colours of up to [`TURNED_AT_ONCE`] output rows, for a turned picture.
    waiting: Vec<f32>,
    /// The same, a number a pixel.
    waiting_packed: Vec<u32>,
}

/// What frames are written to; all of them follow one another.
pub enum Target<'a> {
    /// Three planes.
    Planes(&'a mut [f32]),
    /// A number a pixel: its lower bytes are the colours, the first one lowest, rounded and limited to 0..255.
    Packed(&'a mut [u32]),
}

impl Fit {
    /// Work out where everything goes.
    ///
    /// # Errors
    /// A crop that is empty or outside the frame, a target without a pixel.
    #[expect(clippy::cast_precision_loss, reason = "frames and targets are narrower than 2^52 samples")]
    pub fn new(letterbox: &Letterbox, frame: (usize, usize), target: (usize, usize)) -> Result<Self> {
        let (width, height) = frame;
        let crop = letterbox.crop.unwrap_or(Region { left: 0, top: 0, right: width, bottom: height });
        if crop.left >= crop.right || crop.top >= crop.bottom || crop.right > width || crop.bottom > height {
            return Err(Error::Crop { crop, width, height });
        }
        if target.0 == 0 || target.1 == 0 {
            return Err(Error::EmptyTarget { width: target.0, height: target.1 });
        }
        let Orientation { turned, columns_mirrored, rows_mirrored } = letterbox.orientation;
        let room = if turned { (target.1, target.0) } else { target };
        let ratio = tighter((crop.width(), room.0), (crop.height(), room.1));
        let columns = Axis::new((crop.left, crop.right), ratio, room.0, columns_mirrored);
        let rows = Axis::new((crop.top, crop.bottom), ratio, room.1, rows_mirrored);
        let mixer = AnyMixer::new(&columns, &rows);
        let canvas = Canvas {
            target,
            turned,
            pad: letterbox.pad,
            conversion: Conversion::new(letterbox, mixer.parts()),
            waiting: Vec::new(),
            waiting_packed: Vec::new(),
        };
        Ok(Self { scale: ratio.1 as f64 / ratio.0 as f64, frame, mixer, canvas })
    }

    /// Target pixels per upright source pixel.
    #[must_use]
    pub const fn scale(&self) -> f64 {
        self.scale
    }

    /// Write frames into a target each.
    ///
    /// # Panics
    /// If there are not as many targets as frames, or one of either has another size than this was made for.
    pub fn write_all(&mut self, frames: &[Frame<'_>], targets: Target<'_>) {
        let pixels = self.canvas.target.0 * self.canvas.target.1;
        match targets {
            Target::Planes(all) => {
                assert_eq!(all.len(), 3 * pixels * frames.len(), "as many targets as frames, of that size");
                for (frame, one) in frames.iter().zip(all.chunks_exact_mut(3 * pixels)) {
                    self.write(frame, Target::Planes(one));
                }
            }
            Target::Packed(all) => {
                assert_eq!(all.len(), pixels * frames.len(), "as many targets as frames, of that size");
                for (frame, one) in frames.iter().zip(all.chunks_exact_mut(pixels)) {
                    self.write(frame, Target::Packed(one));
                }
            }
        }
    }

    fn write(&mut self, frame: &Frame<'_>, target: Target<'_>) {
        assert_eq!((frame.width(), frame.height()), self.frame, "a frame of the size this was made for");
        pulp::Arch::new().dispatch(Write { fit: self, frame, target });
    }
}

/// [`Fit::write`], compiled once for every CPU and once for those with wider registers. (Not a closure: the call into
/// one would not be inlined, and what it calls be compiled for every CPU only.)
struct Write<'a, 'b> {
    fit: &'a mut Fit,
    frame: &'a Frame<'b>,
    target: Target<'a>,
}

impl pulp::NullaryFnOnce for Write<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Fit { mixer, canvas, .. } = self.fit;
        match (mixer, self.target) {
            (AnyMixer::Parts(mixer, _), Target::Planes(target)) => canvas.write_planes(mixer, self.frame, target),
            (AnyMixer::Reals(mixer), Target::Planes(target)) => canvas.write_planes(mixer, self.frame, target),
            (AnyMixer::Parts(mixer, _), Target::Packed(target)) => canvas.write_packed(mixer, self.frame, target),
            (AnyMixer::Reals(mixer), Target::Packed(target)) => canvas.write_packed(mixer, self.frame, target),
        }
    }
}

/// Source samples per target pixels along the axis that leaves less room, in lowest terms.
fn tighter(one: (usize, usize), other: (usize, usize)) -> (usize, usize) {
    let (samples, pixels) = if one.0 * other.1 >= other.0 * one.1 { one } else { other };
    let divisor = greatest_common_divisor(samples, pixels);
    (samples / divisor, pixels / divisor)
}

const fn greatest_common_divisor(one: usize, other: usize) -> usize {
    if other == 0 { one } else { greatest_common_divisor(other, one % other) }
}

/// Width and height of frames that all have the same.
///
/// # Errors
/// No frame at all, or one that differs from the first.
pub fn check_sizes(frames: &[Frame<'_>]) -> Result<(usize, usize)> {
    let first = frames.first().ok_or(Error::NoFrames)?;
    let (first_width, first_height) = (first.width(), first.height());
    match frames.iter().position(|frame| (frame.width(), frame.height()) != (first_width, first_height)) {
        None => Ok((first_width, first_height)),
        Some(index) => {
            let (width, height) = (frames[index].width(), frames[index].height());
            Err(Error::FrameSizesDiffer { index, width, height, first_width, first_height })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pictures::Picture;

    fn letterbox(orientation: i64) -> Letterbox {
        Letterbox {
            orientation: Orientation::from_exif(orientation).unwrap(),
            range: Range::Full,
            matrix: Matrix::Bt709,
            channels: Channels::Rgb,
            mean: [0.0; 3],
            factor: [1.0; 3],
            pad: -1.0,
            crop: None,
        }
    }

    fn first_plane(picture: &Picture, letterbox: &Letterbox, (width, height): (usize, usize)) -> Vec<f32> {
        let mut fit = Fit::new(letterbox, (picture.width, picture.height), (width, height)).unwrap();
        let mut target = vec![f32::NAN; 3 * width * height];
        fit.write_all(&[picture.frame()], Target::Planes(&mut target));
        target.truncate(width * height);
        target
    }

    /// 3 by 2 luma samples 1..6, no colour.
    fn numbered() -> Picture {
        let mut picture = Picture::flat(3, 2, [0, 128, 128]);
        picture.buffers[0] = vec![1, 2, 3, 4, 5, 6];
        picture
    }

    #[test]
    fn stands_upright_in_all_eight_orientations() {
        let upright: [[f32; 6]; 8] = [
            [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
            [3.0, 2.0, 1.0, 6.0, 5.0, 4.0],
            [6.0, 5.0, 4.0, 3.0, 2.0, 1.0],
            [4.0, 5.0, 6.0, 1.0, 2.0, 3.0],
            [1.0, 4.0, 2.0, 5.0, 3.0, 6.0],
            [4.0, 1.0, 5.0, 2.0, 6.0, 3.0],
            [6.0, 3.0, 5.0, 2.0, 4.0, 1.0],
            [3.0, 6.0, 2.0, 5.0, 1.0, 4.0],
        ];
        for (number, expected) in (1..).zip(upright) {
            let size = if number < 5 { (3, 2) } else { (2, 3) };
            assert_eq!(first_plane(&numbered(), &letterbox(number), size), expected, "orientation {number}");
        }
    }

    #[test]
    fn pads_to_the_right_and_below() {
        let grown = first_plane(&numbered(), &letterbox(1), (4, 2));
        assert_eq!(grown, [1.0, 2.0, 3.0, -1.0, 4.0, 5.0, 6.0, -1.0]);
        let turned = first_plane(&numbered(), &letterbox(6), (3, 3));
        assert_eq!(turned, [4.0, 1.0, -1.0, 5.0, 2.0, -1.0, 6.0, 3.0, -1.0]);
    }

    #[test]
    fn packed_pixels_are_the_planes_rounded_and_limited() {
        let loud = Letterbox { factor: [200.0, 1.0, 0.1], pad: 7.0, ..letterbox(6) };
        let mut fit = Fit::new(&loud, (3, 2), (3, 3)).unwrap();
        let mut target = [u32::MAX; 9];
        fit.write_all(&[numbered().frame()], Target::Packed(&mut target));
        let pixel = |luma: u8| u32::from_le_bytes([luma.saturating_mul(200), luma, u8::from(luma > 5), 0]);
        let pad = u32::from_le_bytes([7, 7, 7, 0]);
        assert_eq!(target, [pixel(4), pixel(1), pad, pixel(5), pixel(2), pad, pixel(6), pixel(3), pad]);
    }

    #[test]
    fn a_crop_is_all_that_is_read() {
        let crop = Some(Region { left: 1, top: 0, right: 2, bottom: 2 });
        let cropped = first_plane(&numbered(), &Letterbox { crop, ..letterbox(1) }, (1, 1));
        assert_eq!(cropped, [3.5]);
    }

    #[test]
    fn refuses_what_has_no_meaning() {
        assert_eq!(Orientation::from_exif(9), Err(Error::Orientation(9)));
        assert_eq!(Fit::new(&letterbox(1), (3, 2), (0, 2)).err(), Some(Error::EmptyTarget { width: 0, height: 2 }));
        let crop = Region { left: 0, top: 1, right: 4, bottom: 2 };
        let refused = Fit::new(&Letterbox { crop: Some(crop), ..letterbox(1) }, (3, 2), (4, 4)).err();
        assert_eq!(refused, Some(Error::Crop { crop, width: 3, height: 2 }));
        assert_eq!(check_sizes(&[]), Err(Error::NoFrames));
    }
}
