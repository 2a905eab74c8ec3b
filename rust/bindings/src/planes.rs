//! Frames: three buffers of Python's, borrowed.
//!
//! The only unsafe code of the project is here: seeing an exported buffer as a slice. While a buffer is exported its
//! exporter neither frees nor moves it, and a `Planes` holds all three exports for as long as it lives. That nobody
//! writes to them while a call runs is partly seen to (a `Planes` that is being written cannot enter another call, and
//! buffers to be written must not overlap), and for the rest it is what every reader of a Python buffer has to rely on:
//! another thread that writes into a frame while it is being read would garble the picture in C just as well.

use std::slice;

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::{PyBufferError, PyValueError};
use pyo3::prelude::*;
use redact_core::{Frame, FrameMut};

use crate::errors::refused;

#[pyclass(module = "bodycam_pipeline._native")]
pub struct Planes {
    buffers: [PyBuffer<u8>; 3],
    strides: [usize; 3],
    width: usize,
    height: usize,
}

#[pymethods]
impl Planes {
    #[new]
    #[pyo3(signature = (luma, blue, red, *, strides, width, height))]
    fn new(
        luma: PyBuffer<u8>,
        blue: PyBuffer<u8>,
        red: PyBuffer<u8>,
        strides: (i64, i64, i64),
        width: i64,
        height: i64,
    ) -> PyResult<Self> {
        let buffers = [luma, blue, red];
        if !buffers.iter().all(|buffer| buffer.is_c_contiguous()) {
            return Err(PyBufferError::new_err("planes must be C-contiguous bytes"));
        }
        let strides = [strides.0, strides.1, strides.2];
        let unsigned = |number: i64| {
            usize::try_from(number).map_err(|_| PyValueError::new_err("strides, width and height cannot be negative"))
        };
        let [luma, blue, red] = strides.map(unsigned);
        let planes =
            Self { buffers, strides: [luma?, blue?, red?], width: unsigned(width)?, height: unsigned(height)? };
        planes.frame()?;
        Ok(planes)
    }

    #[getter]
    fn width(&self) -> usize {
        self.width
    }

    #[getter]
    fn height(&self) -> usize {
        self.height
    }

    #[getter]
    fn writable(&self) -> bool {
        !self.buffers.iter().any(|buffer| buffer.readonly())
    }
}

impl Planes {
    /// The frame, to read.
    pub fn frame(&self) -> PyResult<Frame<'_>> {
        let bytes = self.buffers.each_ref().map(|buffer| {
            if buffer.len_bytes() == 0 {
                return &[][..];
            }
            // SAFETY: exported bytes, C-contiguous, alive and in place for as long as `self` is (see above).
            unsafe { slice::from_raw_parts(buffer.buf_ptr().cast::<u8>(), buffer.len_bytes()) }
        });
        Frame::new(bytes, self.strides, self.width, self.height).map_err(refused)
    }

    /// The frame, to write: `&mut self` keeps every other call out.
    pub fn frame_mut(&mut self) -> PyResult<FrameMut<'_>> {
        if !self.writable() {
            return Err(PyBufferError::new_err("the planes cannot be written to: call frame.make_writable() first"));
        }
        let [luma, blue, red] = &self.buffers;
        if overlap(luma, blue) || overlap(luma, red) || overlap(blue, red) {
            return Err(PyBufferError::new_err("the planes share memory with one another"));
        }
        let bytes = self.buffers.each_ref().map(|buffer| {
            // SAFETY: as above; writable, without overlap, never empty (`new` saw a pixel in each), borrowed mutably.
            unsafe { slice::from_raw_parts_mut(buffer.buf_ptr().cast::<u8>(), buffer.len_bytes()) }
        });
        FrameMut::new(bytes, self.strides, self.width, self.height).map_err(refused)
    }
}

fn overlap(one: &PyBuffer<u8>, other: &PyBuffer<u8>) -> bool {
    let start = |buffer: &PyBuffer<u8>| buffer.buf_ptr().addr();
    let end = |buffer: &PyBuffer<u8>| buffer.buf_ptr().addr() + buffer.len_bytes();
    start(one) < end(other) && start(other) < end(one)
}
