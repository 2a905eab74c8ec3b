//! Everything this crate refuses, one variant each: match these, never their text.

use crate::Region;

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a call was refused; nothing had been written when it was.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// A frame without a pixel.
    #[error("a frame is at least 1x1, not {width}x{height}")]
    EmptyFrame {
        /// Luma samples in a row.
        width: usize,
        /// Luma rows.
        height: usize,
    },
    /// Rows that would overlap.
    #[error("the {plane} stride of {stride} is below its row of {width} samples")]
    StrideTooSmall {
        /// Which plane.
        plane: &'static str,
        /// Bytes from row to row.
        stride: usize,
        /// Samples in a row.
        width: usize,
    },
    /// A buffer that ends before its last row does.
    #[error("the {plane} buffer has {bytes} bytes; {rows} rows of {width} samples, {stride} bytes apart, need more")]
    BufferTooSmall {
        /// Which plane.
        plane: &'static str,
        /// What was given.
        bytes: usize,
        /// Rows of the plane.
        rows: usize,
        /// Samples in a row.
        width: usize,
        /// Bytes from row to row.
        stride: usize,
    },
    /// A region that hides nothing.
    #[error("region {index} {region:?} is empty: right must exceed left, and bottom top")]
    EmptyRegion {
        /// Row of the table.
        index: usize,
        /// left, top, right, bottom as given.
        region: [i32; 4],
    },
    /// A region that leaves the frame.
    #[error("region {index} {region:?} reaches outside the frame of {width}x{height}: clip it first")]
    RegionOutside {
        /// Row of the table.
        index: usize,
        /// left, top, right, bottom as given.
        region: [i32; 4],
        /// Luma samples in a row.
        width: usize,
        /// Luma rows.
        height: usize,
    },
    /// Not one seed for each region.
    #[error("{regions} regions need as many seeds, not {seeds}")]
    SeedCount {
        /// How many regions.
        regions: usize,
        /// How many seeds.
        seeds: usize,
    },
    /// No seed for a style that needs one.
    #[error("the style mosaic needs seeds, one for each region")]
    NoSeed,
    /// Not one style for each region.
    #[error("{regions} regions need as many styles, not {styles}")]
    StyleCount {
        /// How many regions.
        regions: usize,
        /// How many styles.
        styles: usize,
    },
    /// Not one code for each region.
    #[error("{regions} regions need as many codes, not {codes}")]
    CodeCount {
        /// How many regions.
        regions: usize,
        /// How many codes.
        codes: usize,
    },
    /// A code that no glyph is there for.
    #[error("code {index} {code:?} is not printable ASCII")]
    CodeNotPrintable {
        /// Which code.
        index: usize,
        /// What was given.
        code: String,
    },
    /// A style that nobody knows.
    #[error("style {given:?} is unknown: use one of {known}")]
    UnknownStyle {
        /// What was given.
        given: String,
        /// Every name.
        known: String,
    },
    /// Codes on a style that has none.
    #[error("codes are drawn on the style fill, not on {style:?}")]
    CodesOnStyle {
        /// What was given.
        style: String,
    },
    /// A head that nobody knows.
    #[error("head {given:?} is unknown: use one of {known}")]
    UnknownHead {
        /// What was given.
        given: String,
        /// Every name.
        known: String,
    },
    /// Nothing to look at.
    #[error("there is no frame")]
    NoFrames,
    /// Frames of one call that differ in size.
    #[error("frame {index} is {width}x{height}, the first one is {first_width}x{first_height}")]
    FrameSizesDiffer {
        /// Which frame.
        index: usize,
        /// Its width.
        width: usize,
        /// Its height.
        height: usize,
        /// Width of the first.
        first_width: usize,
        /// Height of the first.
        first_height: usize,
    },
    /// A crop without a pixel inside the frame.
    #[error("the crop {crop:?} is empty or reaches outside the frame of {width}x{height}")]
    Crop {
        /// What was asked for.
        crop: Region,
        /// Luma samples in a row.
        width: usize,
        /// Luma rows.
        height: usize,
    },
    /// An orientation that EXIF does not know.
    #[error("an EXIF orientation is 1 to 8, not {0}")]
    Orientation(i64),
    /// Samples of two bytes that are not as many as those that are wanted.
    #[error("a frame of {width}x{height} is mapped from rows of two bytes a sample, not from {given:?} bytes")]
    ToneMapSize {
        /// Bytes in a row, and rows.
        given: (usize, usize),
        /// Luma samples in a row of the target.
        width: usize,
        /// Its luma rows.
        height: usize,
    },
    /// A target without a pixel.
    #[error("a target is at least 1x1, not {width}x{height}")]
    EmptyTarget {
        /// Its width.
        width: usize,
        /// Its height.
        height: usize,
    },
    /// The wrong number of output maps.
    #[error("this head has {expected} outputs, not {given}")]
    OutputCount {
        /// What the head has.
        expected: &'static str,
        /// What was given.
        given: usize,
    },
    /// An output map that does not belong to this head and input size.
    #[error("output {index} has shape {given:?}; this head and input size need {expected:?}")]
    OutputShape {
        /// Which output.
        index: usize,
        /// Its shape.
        given: Vec<usize>,
        /// What it should be.
        expected: Vec<usize>,
    },
    /// An input size that the head's coarsest grid does not divide.
    #[error("an input of {width}x{height} is not a multiple of the head's stride of {stride}")]
    InputSize {
        /// Its width.
        width: usize,
        /// Its height.
        height: usize,
        /// The coarsest stride.
        stride: usize,
    },
    /// Not one threshold for each kind.
    #[error("this head knows {expected} kinds and needs a threshold for each, not {given}")]
    ThresholdCount {
        /// Kinds of the head.
        expected: usize,
        /// Thresholds given.
        given: usize,
    },
    /// A number outside its bounds.
    #[error("{name} must be within 0 and 1, not {value}")]
    NotAShare {
        /// Which number.
        name: &'static str,
        /// What was given.
        value: f32,
    },
    /// A score, or the box of a kept score, that is not a number: the network is broken, and the frame was not seen.
    #[error("the network's output is not finite at output {output}, batch item {item}: the frame was not looked at")]
    NotFinite {
        /// Which output.
        output: usize,
        /// Which batch item.
        item: usize,
    },
    /// A score outside 0..1 of a head that ends in probabilities.
    #[error("output {output}, batch item {item} holds {value} where this head has probabilities: is it another head?")]
    NotProbability {
        /// Which output.
        output: usize,
        /// Which batch item.
        item: usize,
        /// The value, or the sum of values that should be one.
        value: f32,
    },
    /// A box to follow that is empty or not finite, or no guess where to begin.
    #[error("a box to follow has left < right and top < bottom, finite, and a finite guess")]
    NothingToFollow,
    /// Pyramids of frames of two sizes.
    #[error("a box is followed between frames of one size")]
    PyramidsDiffer,
    /// A box with a number that is not finite.
    #[error("box {index} has a number that is not finite")]
    BoxNotFinite {
        /// Row of the table.
        index: usize,
    },
}
