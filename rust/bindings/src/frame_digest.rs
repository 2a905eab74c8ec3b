//! `frame_digest`: the name of a released frame.

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::planes::Planes;

#[pyfunction]
pub fn frame_digest<'py>(py: Python<'py>, planes: PyRef<'py, Planes>) -> PyResult<Bound<'py, PyBytes>> {
    let frame = planes.frame()?;
    let digest = py.detach(|| redact_core::digest(&frame));
    Ok(PyBytes::new(py, &digest))
}
