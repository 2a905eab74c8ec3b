//! Views of a frame's planes: sizes and strides are checked when a view is made, and never again.

use crate::{Error, Region, Result};

/// What the planes are called in messages, in their order.
const PLANES: [&str; 3] = ["luma", "blue", "red"];

/// One plane to read: `height` rows of `width` samples, `stride` bytes apart.
#[derive(Clone, Copy)]
pub struct Plane<'a> {
    samples: &'a [u8],
    width: usize,
    height: usize,
    stride: usize,
}

impl<'a> Plane<'a> {
    fn new(name: &'static str, samples: &'a [u8], width: usize, height: usize, stride: usize) -> Result<Self> {
        check(name, samples.len(), width, height, stride)?;
        Ok(Self { samples, width, height, stride })
    }

    /// Samples in a row.
    #[must_use]
    pub const fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    #[must_use]
    pub const fn height(&self) -> usize {
        self.height
    }

    /// The samples of row `y`, without its padding.
    #[must_use]
    #[inline]
    pub fn row(&self, y: usize) -> &'a [u8] {
        &self.samples[y * self.stride..][..self.width]
    }

    /// All rows, top down.
    pub fn rows(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let plane = *self;
        (0..plane.height).map(move |y| plane.row(y))
    }

    /// All samples in one piece, where no padding parts the rows.
    #[must_use]
    pub fn packed(&self) -> Option<&'a [u8]> {
        (self.stride == self.width).then(|| &self.samples[..self.width * self.height])
    }

    /// The part of the plane under `region`, which lies inside it.
    #[must_use]
    pub fn window(&self, region: Region) -> Self {
        let samples = &self.samples[window_bytes(region, self.stride)];
        Self { samples, width: region.width(), height: region.height(), stride: self.stride }
    }
}

/// One plane to write.
pub struct PlaneMut<'a> {
    samples: &'a mut [u8],
    width: usize,
    height: usize,
    stride: usize,
}

impl<'a> PlaneMut<'a> {
    fn new(name: &'static str, samples: &'a mut [u8], width: usize, height: usize, stride: usize) -> Result<Self> {
        check(name, samples.len(), width, height, stride)?;
        Ok(Self { samples, width, height, stride })
    }

    /// A plane of its own without padding, for `width * height` samples.
    pub(crate) fn packed(samples: &'a mut [u8], width: usize) -> Self {
        let height = samples.len() / width;
        Self { samples, width, height, stride: width }
    }

    /// Samples in a row.
    #[must_use]
    pub const fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    #[must_use]
    pub const fn height(&self) -> usize {
        self.height
    }

    /// The same plane, to read.
    #[must_use]
    pub const fn as_plane(&self) -> Plane<'_> {
        Plane { samples: self.samples, width: self.width, height: self.height, stride: self.stride }
    }

    /// The samples of row `y`, without its padding.
    #[inline]
    pub fn row_mut(&mut self, y: usize) -> &mut [u8] {
        &mut self.samples[y * self.stride..][..self.width]
    }

    /// The part of the plane under `region`, which lies inside it.
    pub fn window(&mut self, region: Region) -> PlaneMut<'_> {
        let samples = &mut self.samples[window_bytes(region, self.stride)];
        PlaneMut { samples, width: region.width(), height: region.height(), stride: self.stride }
    }
}

/// A frame to read.
#[derive(Clone, Copy)]
pub struct Frame<'a> {
    /// Luma, blue-difference and red-difference.
    pub planes: [Plane<'a>; 3],
}

impl<'a> Frame<'a> {
    /// Look at three buffers as one frame of `width` by `height` luma samples.
    ///
    /// # Errors
    /// A frame without a pixel, a stride below its row, a buffer that ends before its last row.
    pub fn new(buffers: [&'a [u8]; 3], strides: [usize; 3], width: usize, height: usize) -> Result<Self> {
        let [luma, chroma] = plane_sizes(width, height)?;
        let [y, cb, cr] = buffers;
        let planes = [
            Plane::new(PLANES[0], y, luma.0, luma.1, strides[0])?,
            Plane::new(PLANES[1], cb, chroma.0, chroma.1, strides[1])?,
            Plane::new(PLANES[2], cr, chroma.0, chroma.1, strides[2])?,
        ];
        Ok(Self { planes })
    }

    /// Luma samples in a row.
    #[must_use]
    pub const fn width(&self) -> usize {
        self.planes[0].width
    }

    /// Luma rows.
    #[must_use]
    pub const fn height(&self) -> usize {
        self.planes[0].height
    }
}

/// A frame to write.
pub struct FrameMut<'a> {
    /// Luma, blue-difference and red-difference.
    pub planes: [PlaneMut<'a>; 3],
}

impl<'a> FrameMut<'a> {
    /// Look at three buffers as one frame of `width` by `height` luma samples, to change it.
    ///
    /// # Errors
    /// As [`Frame::new`].
    pub fn new(buffers: [&'a mut [u8]; 3], strides: [usize; 3], width: usize, height: usize) -> Result<Self> {
        let [luma, chroma] = plane_sizes(width, height)?;
        let [y, cb, cr] = buffers;
        let planes = [
            PlaneMut::new(PLANES[0], y, luma.0, luma.1, strides[0])?,
            PlaneMut::new(PLANES[1], cb, chroma.0, chroma.1, strides[1])?,
            PlaneMut::new(PLANES[2], cr, chroma.0, chroma.1, strides[2])?,
        ];
        Ok(Self { planes })
    }
}

/// Width and height of the luma plane and of a chroma plane.
fn plane_sizes(width: usize, height: usize) -> Result<[(usize, usize); 2]> {
    if width == 0 || height == 0 {
        return Err(Error::EmptyFrame { width, height });
    }
    Ok([(width, height), (width.div_ceil(2), height.div_ceil(2))])
}

fn check(plane: &'static str, bytes: usize, width: usize, rows: usize, stride: usize) -> Result<()> {
    if stride < width {
        return Err(Error::StrideTooSmall { plane, stride, width });
    }
    // The padding behind the last row is never touched, and some writers leave it out.
    let needed = stride.checked_mul(rows - 1).and_then(|before| before.checked_add(width));
    match needed {
        Some(needed) if needed <= bytes => Ok(()),
        _ => Err(Error::BufferTooSmall { plane, bytes, rows, width, stride }),
    }
}

/// From the first sample of a window to behind its last: never the padding behind it, which may not exist.
fn window_bytes(region: Region, stride: usize) -> std::ops::Range<usize> {
    region.top * stride + region.left..(region.bottom - 1) * stride + region.right
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_ends_where_its_padding_begins() {
        let frame = Frame::new([&[1, 2, 3, 0, 4, 5, 6], &[7, 8], &[9, 9]], [4, 2, 2], 3, 2).unwrap();
        assert_eq!(frame.planes[0].rows().collect::<Vec<_>>(), [&[1, 2, 3], &[4, 5, 6]]);
        assert_eq!(frame.planes[1].rows().collect::<Vec<_>>(), [&[7, 8]]);
    }

    #[test]
    fn refuses_a_buffer_one_byte_short_of_its_last_row() {
        let refused = Frame::new([&[0; 6], &[0; 2], &[0; 2]], [4, 2, 2], 3, 2).err();
        assert_eq!(refused, Some(Error::BufferTooSmall { plane: "luma", bytes: 6, rows: 2, width: 3, stride: 4 }));
    }

    #[test]
    fn refuses_rows_that_overlap() {
        let refused = Frame::new([&[0; 99], &[0; 99], &[0; 99]], [3, 2, 1], 3, 2).err();
        assert_eq!(refused, Some(Error::StrideTooSmall { plane: "red", stride: 1, width: 2 }));
    }

    #[test]
    fn refuses_a_stride_whose_last_row_no_address_reaches() {
        assert!(Frame::new([&[0; 9], &[0; 9], &[0; 9]], [usize::MAX, 2, 2], 3, 3).is_err());
    }

    #[test]
    fn refuses_a_frame_without_pixels() {
        let refused = Frame::new([&[], &[], &[]], [0, 0, 0], 0, 2).err();
        assert_eq!(refused, Some(Error::EmptyFrame { width: 0, height: 2 }));
    }
}
