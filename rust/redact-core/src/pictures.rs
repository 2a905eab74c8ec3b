//! Small pictures for the tests of this crate.

use proptest::prelude::*;

use crate::{Frame, FrameMut, Plane, Region};

/// A packed plane.
pub fn plane(samples: &[u8], width: usize) -> Plane<'_> {
    let height = samples.len() / width;
    Frame::new([samples, samples, samples], [width; 3], width, height).unwrap().planes[0]
}

/// A region, in the order in which tables have it.
pub const fn region(left: usize, top: usize, right: usize, bottom: usize) -> Region {
    Region { left, top, right, bottom }
}

/// A frame that owns its bytes, padding included.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    pub buffers: [Vec<u8>; 3],
    pub strides: [usize; 3],
    pub width: usize,
    pub height: usize,
}

impl Picture {
    /// One colour everywhere, no padding.
    pub fn flat(width: usize, height: usize, colour: [u8; 3]) -> Self {
        let (w, h) = (width.div_ceil(2), height.div_ceil(2));
        let buffers = [vec![colour[0]; width * height], vec![colour[1]; w * h], vec![colour[2]; w * h]];
        Self { buffers, strides: [width, w, w], width, height }
    }

    pub fn frame(&self) -> Frame<'_> {
        let [y, cb, cr] = &self.buffers;
        Frame::new([y, cb, cr], self.strides, self.width, self.height).unwrap()
    }

    pub fn frame_mut(&mut self) -> FrameMut<'_> {
        let [y, cb, cr] = &mut self.buffers;
        FrameMut::new([y, cb, cr], self.strides, self.width, self.height).unwrap()
    }

    /// Put `noise` into every sample for which `here(plane, x, y)` holds; the padding stays.
    pub fn scramble(&mut self, noise: &[u8], here: impl Fn(usize, usize, usize) -> bool) {
        for (number, buffer) in self.buffers.iter_mut().enumerate() {
            let width = if number == 0 { self.width } else { self.width.div_ceil(2) };
            for (at, sample) in buffer.iter_mut().enumerate() {
                let (x, y) = (at % self.strides[number], at / self.strides[number]);
                if x < width && here(number, x, y) {
                    *sample = noise[(at * 31 + number) % noise.len()];
                }
            }
        }
    }
}

/// Frames of every size up to 40 by 40, with padding of up to 5 bytes, full of noise.
pub fn any_picture() -> impl Strategy<Value = Picture> {
    (1_usize..40, 1_usize..40, [0_usize..5, 0..5, 0..5]).prop_flat_map(|(width, height, padding)| {
        let strides = [width + padding[0], width.div_ceil(2) + padding[1], width.div_ceil(2) + padding[2]];
        let bytes = |stride: usize, rows: usize| prop::collection::vec(any::<u8>(), stride * rows);
        let buffers =
            [bytes(strides[0], height), bytes(strides[1], height.div_ceil(2)), bytes(strides[2], height.div_ceil(2))];
        buffers.prop_map(move |buffers| Picture { buffers, strides, width, height })
    })
}

/// One to four regions inside a frame, often at its edges, often overlapping.
pub fn any_regions(width: usize, height: usize) -> impl Strategy<Value = Vec<Region>> {
    let span = |limit: usize| (0..limit).prop_flat_map(move |start| (Just(start), start + 1..=limit));
    let one = (span(width), span(height)).prop_map(|((left, right), (top, bottom))| region(left, top, right, bottom));
    prop::collection::vec(one, 1..5)
}
