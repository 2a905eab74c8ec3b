//! `frame_block_means`: the means of a frame's tiles.

use numpy::PyArray1;
use pyo3::prelude::*;

use crate::planes::Planes;

#[pyfunction]
pub fn frame_block_means<'py>(py: Python<'py>, planes: PyRef<'py, Planes>) -> PyResult<Bound<'py, PyArray1<u8>>> {
    let frame = planes.frame()?;
    let means = py.detach(|| redact_core::block_means(&frame));
    Ok(PyArray1::from_vec(py, means))
}
