//! `residual`: how far a frame is from its own redaction.

use numpy::{PyArray1, PyReadonlyArrayDyn};
use pyo3::prelude::*;

use crate::errors::refused;
use crate::planes::Planes;
use crate::redact::shipping;
use crate::tables;

#[pyfunction]
#[pyo3(
    signature = (planes, regions, *, style, seeds=None, colour=(16, 128, 128)),
    text_signature = "(planes, regions, *, style, seeds=None, colour=(16, 128, 128))"
)]
pub fn residual<'py>(
    py: Python<'py>,
    planes: PyRef<'py, Planes>,
    regions: PyReadonlyArrayDyn<'py, i32>,
    style: &str,
    seeds: Option<PyReadonlyArrayDyn<'py, u64>>,
    colour: (i64, i64, i64),
) -> PyResult<Bound<'py, PyArray1<f32>>> {
    let seeds = tables::seeds(seeds.as_ref())?;
    let style = shipping(style, tables::colour(colour)?, &seeds)?;
    let frame = planes.frame()?;
    let regions = tables::regions(&regions, frame.width(), frame.height())?;
    let worst = py.detach(|| redact_core::residual(&frame, &regions, style)).map_err(refused)?;
    Ok(PyArray1::from_vec(py, worst))
}
