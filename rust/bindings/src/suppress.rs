//! `suppress`: greedy non-maximum suppression.

use numpy::{PyArray2, PyReadonlyArrayDyn};
use pyo3::prelude::*;

use crate::errors::refused;
use crate::tables;

#[pyfunction]
#[pyo3(signature = (boxes, *, iou_limit))]
pub fn suppress<'py>(
    py: Python<'py>,
    boxes: PyReadonlyArrayDyn<'py, f32>,
    iou_limit: f32,
) -> PyResult<Bound<'py, PyArray2<f32>>> {
    let detections = tables::detections(&boxes)?;
    let kept = py.detach(|| redact_core::suppress(detections, iou_limit)).map_err(refused)?;
    tables::boxes(py, &kept)
}
