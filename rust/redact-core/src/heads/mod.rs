//! From a network's raw output maps to boxes.
//!
//! A frame whose maps hold anything but numbers was not looked at: that is an error, never an empty result. Size codes
//! are clamped before they are raised, so that a wild one becomes a huge box and not an infinite one.

mod bodycam;
mod bodycam2;
mod centerface;
mod retinaface;
mod scrfd;
mod yolov5;
mod yolov5_decoded;
mod yolov5_plate;
mod yolov8;
mod yunet;

use crate::{Error, Result};

/// One box of one batch item, in pixels of the network's input, not clipped.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Detection {
    /// Left edge.
    pub left: f32,
    /// Top edge.
    pub top: f32,
    /// Right edge.
    pub right: f32,
    /// Bottom edge.
    pub bottom: f32,
    /// 0..1.
    pub score: f32,
    /// Index of the kind: a whole number, in the type of the table it becomes a column of.
    pub kind: f32,
}

impl Detection {
    /// left, top, right, bottom.
    #[must_use]
    pub const fn coordinates(&self) -> [f32; 4] {
        [self.left, self.top, self.right, self.bottom]
    }

    /// Whether every number of it is one.
    #[must_use]
    pub fn is_finite(&self) -> bool {
        self.coordinates().iter().chain([&self.score, &self.kind]).all(|number| number.is_finite())
    }

    pub(crate) fn area(&self) -> f32 {
        (self.right - self.left) * (self.bottom - self.top)
    }
}

/// The decoders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Head {
    /// This project's own detector: faces and plates in one pass.
    Bodycam,
    /// This project's second detector: faces, heads and plates, and how well their boxes lie.
    Bodycam2,
    /// `CenterFace` (Xu et al., 2019).
    CenterFace,
    /// `YuNet` (Wu et al., 2023), as `OpenCV`'s `FaceDetectorYN` reads it.
    YuNet,
    /// The plate detector of hyperlpr3, a yolov5 head with landmarks.
    YoloV5Plate,
    /// `SCRFD` (Guo et al., 2022).
    Scrfd,
    /// `RetinaFace` (Deng et al., 2020).
    RetinaFace,
    /// `YOLOv5` before its last step, with the published anchors.
    YoloV5,
    /// `YOLOv5` after its last step.
    YoloV5Decoded,
    /// `YOLOv8`, v9 and v11.
    YoloV8,
}

impl Head {
    /// Every head and its name: the one list, from which registry, command line and documents derive theirs.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("bodycam", Self::Bodycam),
        ("bodycam2", Self::Bodycam2),
        ("centerface", Self::CenterFace),
        ("yunet", Self::YuNet),
        ("yolov5_plate", Self::YoloV5Plate),
        ("scrfd", Self::Scrfd),
        ("retinaface", Self::RetinaFace),
        ("yolov5", Self::YoloV5),
        ("yolov5_decoded", Self::YoloV5Decoded),
        ("yolov8", Self::YoloV8),
    ];

    /// Their names, in the same order.
    #[must_use]
    pub fn names() -> Vec<&'static str> {
        Self::ALL.iter().map(|(name, _)| *name).collect()
    }
}

impl std::str::FromStr for Head {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let found = Self::ALL.iter().find(|(known, _)| *known == name);
        let refused = || Error::UnknownHead { given: name.to_owned(), known: Self::names().join(", ") };
        found.map(|(_, head)| *head).ok_or_else(refused)
    }
}

/// Width and height of the network's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InputSize {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

/// One output of a network, batch first, in C order.
#[derive(Debug, Clone, Copy)]
pub struct Map<'a> {
    /// Its dimensions.
    pub shape: &'a [usize],
    /// As many values as the shape says.
    pub values: &'a [f32],
}

/// Decode every batch item's boxes: those that reach the threshold of their kind.
///
/// # Errors
/// Outputs that do not belong to this head and input size, not one threshold per kind, values that are not numbers.
pub fn decode(head: Head, outputs: &[Map<'_>], input: InputSize, thresholds: &[f32]) -> Result<Vec<Vec<Detection>>> {
    if let Some(&value) = thresholds.iter().find(|value| !(0.0..=1.0).contains(*value)) {
        return Err(Error::NotAShare { name: "threshold", value });
    }
    match head {
        Head::Bodycam => bodycam::decode(outputs, input, thresholds),
        Head::Bodycam2 => bodycam2::decode(outputs, input, thresholds),
        Head::CenterFace => centerface::decode(outputs, input, one(thresholds)?),
        Head::YuNet => yunet::decode(outputs, input, one(thresholds)?),
        Head::YoloV5Plate => yolov5_plate::decode(outputs, input, one(thresholds)?),
        Head::Scrfd => scrfd::decode(outputs, input, one(thresholds)?),
        Head::RetinaFace => retinaface::decode(outputs, input, one(thresholds)?),
        Head::YoloV5 => yolov5::decode(outputs, input, some(thresholds)?),
        Head::YoloV5Decoded => yolov5_decoded::decode(outputs, input, some(thresholds)?),
        Head::YoloV8 => yolov8::decode(outputs, input, some(thresholds)?),
    }
}

/// The threshold of a head that knows one kind.
fn one(thresholds: &[f32]) -> Result<f32> {
    match thresholds {
        [threshold] => Ok(*threshold),
        _ => Err(Error::ThresholdCount { expected: 1, given: thresholds.len() }),
    }
}

/// The thresholds of a head that knows as many kinds as it was trained on.
const fn some(thresholds: &[f32]) -> Result<&[f32]> {
    if thresholds.is_empty() { Err(Error::ThresholdCount { expected: 1, given: 0 }) } else { Ok(thresholds) }
}

/// The cells of one stride.
#[derive(Clone, Copy)]
struct Grid {
    width: usize,
    height: usize,
    stride: f32,
}

impl Grid {
    /// The grid that `stride` lays over an input, which it must divide.
    fn new(input: InputSize, stride: u16) -> Result<Self> {
        let pixels = usize::from(stride);
        let InputSize { width, height } = input;
        if width == 0 || height == 0 || width % pixels != 0 || height % pixels != 0 {
            return Err(Error::InputSize { width, height, stride: pixels });
        }
        Ok(Self { width: width / pixels, height: height / pixels, stride: stride.into() })
    }

    const fn cells(&self) -> usize {
        self.width * self.height
    }

    /// Column and row of a cell.
    #[expect(clippy::cast_precision_loss, reason = "grids are narrower than 2^24 cells")]
    const fn place(&self, cell: usize) -> (f32, f32) {
        ((cell % self.width) as f32, (cell / self.width) as f32)
    }
}

/// Output `index`, which must have this shape.
fn shaped<'a>(outputs: &[Map<'a>], index: usize, expected: &[usize]) -> Result<&'a [f32]> {
    let Map { shape, values } = outputs[index];
    if shape != expected || values.len() != expected.iter().product() {
        return Err(Error::OutputShape { index, given: shape.to_vec(), expected: expected.to_vec() });
    }
    Ok(values)
}

/// The first dimension of the first of exactly `count` outputs.
fn batch(outputs: &[Map<'_>], counts: std::ops::RangeInclusive<usize>, expected: &'static str) -> Result<usize> {
    if !counts.contains(&outputs.len()) {
        return Err(Error::OutputCount { expected, given: outputs.len() });
    }
    Ok(outputs[0].shape.first().copied().unwrap_or(0))
}

/// How far a probability may lie outside 0..1: rounding of half floats and eight bits.
const ROUNDING: f32 = 0.01;

/// Where a value was read, for the message that says it is none.
#[derive(Clone, Copy)]
struct Source {
    output: usize,
    item: usize,
}

impl Source {
    const fn not_finite(self) -> Error {
        Error::NotFinite { output: self.output, item: self.item }
    }

    /// A score within 0..1. What is not a number cannot be compared with a threshold, and would be lost in silence.
    fn score(self, value: f32) -> Result<f32> {
        if value.is_nan() { Err(self.not_finite()) } else { Ok(value.clamp(0.0, 1.0)) }
    }

    /// A score of a head that ends in probabilities. Anything else means that it is not this head: logits or landmarks.
    fn probability(self, value: f32) -> Result<f32> {
        let Self { output, item } = self;
        if !value.is_nan() && !(-ROUNDING..=1.0 + ROUNDING).contains(&value) {
            return Err(Error::NotProbability { output, item, value });
        }
        self.score(value)
    }

    /// A box between four sides, whichever way round: a box of a kept score is never empty by a sign.
    fn between(self, [x0, y0, x1, y1]: [f32; 4], score: f32, kind: usize) -> Result<Detection> {
        let centre = (x0.midpoint(x1), y0.midpoint(y1));
        self.around(centre, ((x1 - x0).abs(), (y1 - y0).abs()), score, kind)
    }

    /// A box around a centre, all of whose numbers must be ones.
    fn around(self, centre: (f32, f32), size: (f32, f32), score: f32, kind: usize) -> Result<Detection> {
        let (half_width, half_height) = (size.0 / 2.0, size.1 / 2.0);
        #[expect(clippy::cast_precision_loss, reason = "kinds are few")]
        let detection = Detection {
            left: centre.0 - half_width,
            top: centre.1 - half_height,
            right: centre.0 + half_width,
            bottom: centre.1 + half_height,
            score,
            kind: kind as f32,
        };
        if detection.is_finite() { Ok(detection) } else { Err(self.not_finite()) }
    }
}

/// e to the power of a size code. e^10 of the coarsest cell is wider than any frame, and still far from infinite.
fn raised(code: f32) -> f32 {
    code.clamp(-10.0, 10.0).exp()
}

fn sigmoid(logit: f32) -> f32 {
    1.0 / (1.0 + (-logit).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_an_input_that_the_strides_do_not_divide() {
        let shape = [1, 2, 1, 1];
        let maps = [Map { shape: &shape, values: &[0.0; 2] }; 6];
        let refused = decode(Head::Bodycam, &maps, InputSize { width: 32, height: 24 }, &[0.5, 0.5]);
        assert_eq!(refused, Err(Error::InputSize { width: 32, height: 24, stride: 32 }));
    }

    #[test]
    fn refuses_a_threshold_that_is_not_a_share() {
        for value in [-0.1, 1.5] {
            let refused = decode(Head::YuNet, &[], InputSize { width: 32, height: 32 }, &[value]);
            assert_eq!(refused, Err(Error::NotAShare { name: "threshold", value }));
        }
        assert!(decode(Head::YuNet, &[], InputSize { width: 32, height: 32 }, &[f32::NAN]).is_err());
    }

    #[test]
    fn refuses_two_thresholds_for_one_kind_and_too_few_outputs() {
        let input = InputSize { width: 32, height: 32 };
        assert_eq!(decode(Head::YuNet, &[], input, &[0.1, 0.2]), Err(Error::ThresholdCount { expected: 1, given: 2 }));
        for (_, head) in Head::ALL {
            assert!(matches!(decode(*head, &[], input, &[0.1]), Err(Error::OutputCount { given: 0, .. })));
        }
    }

    #[test]
    fn a_name_is_of_one_head_and_no_other_name_is() {
        for (name, head) in Head::ALL {
            assert_eq!(name.parse(), Ok(*head));
        }
        assert!(matches!("yolo".parse::<Head>(), Err(Error::UnknownHead { .. })));
    }

    #[test]
    fn heads_of_many_kinds_need_one_at_least() {
        let input = InputSize { width: 32, height: 32 };
        for head in [Head::YoloV5, Head::YoloV5Decoded, Head::YoloV8] {
            assert_eq!(decode(head, &[], input, &[]), Err(Error::ThresholdCount { expected: 1, given: 0 }));
        }
    }

    #[test]
    fn a_wild_size_code_is_huge_and_finite() {
        assert!(raised(f32::INFINITY).is_finite() && raised(1e30) > 20_000.0 && raised(f32::NEG_INFINITY) > 0.0);
        assert!(raised(f32::NAN).is_nan());
    }
}
