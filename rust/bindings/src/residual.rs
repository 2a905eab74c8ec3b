//! `residual`: how far a frame is from its own redaction.

use numpy::{PyArray1, PyReadonlyArrayDyn};
use pyo3::prelude::*;
use redact_core::{Orientation, Upright};

use crate::errors::refused;
use crate::planes::Planes;
use crate::tables;

#[pyfunction]
#[pyo3(
    signature = (planes, regions, *, style, seeds=None, colour=(16, 128, 128), codes=None, orientation=1),
    text_signature = "(planes, regions, *, style, seeds=None, colour=(16, 128, 128), codes=None, orientation=1)"
)]
#[expect(clippy::too_many_arguments, reason = "keywords in Python, one value from here on")]
pub fn residual<'py>(
    py: Python<'py>,
    planes: PyRef<'py, Planes>,
    regions: PyReadonlyArrayDyn<'py, i32>,
    style: tables::StyleNames,
    seeds: Option<PyReadonlyArrayDyn<'py, u64>>,
    colour: (i64, i64, i64),
    codes: Option<Vec<String>>,
    orientation: i64,
) -> PyResult<Bound<'py, PyArray1<f32>>> {
    let frame = planes.frame()?;
    let (width, height) = (frame.width(), frame.height());
    let regions = tables::regions(&regions, width, height)?;
    let upright = Upright::new(Orientation::from_exif(orientation).map_err(refused)?, width, height);
    let labels = tables::labels(codes.as_deref(), &regions, upright)?;
    let styles = tables::styles(&style, &regions, tables::colour(colour)?, seeds.as_ref(), labels.as_ref())?;
    let worst = py.detach(|| redact_core::residual(&frame, &regions, &styles)).map_err(refused)?;
    Ok(PyArray1::from_vec(py, worst))
}
