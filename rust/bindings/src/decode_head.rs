//! `decode_head`: from raw output maps to boxes.

use numpy::{PyArray2, PyReadonlyArrayDyn, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use redact_core::{Head, InputSize, Map};

use crate::errors::refused;
use crate::tables;

#[pyfunction]
#[pyo3(signature = (head, outputs, *, input_width, input_height, thresholds))]
pub fn decode_head<'py>(
    py: Python<'py>,
    head: &str,
    outputs: Vec<PyReadonlyArrayDyn<'py, f32>>,
    input_width: usize,
    input_height: usize,
    thresholds: Vec<f32>,
) -> PyResult<Vec<Bound<'py, PyArray2<f32>>>> {
    let head: Head = head.parse().map_err(refused)?;
    let maps: Vec<Map<'_>> = outputs.iter().map(map).collect::<PyResult<_>>()?;
    let input = InputSize { width: input_width, height: input_height };
    let found = py.detach(|| redact_core::decode(head, &maps, input, &thresholds)).map_err(refused)?;
    found.iter().map(|detections| tables::boxes(py, detections)).collect()
}

fn map<'a>(output: &'a PyReadonlyArrayDyn<'_, f32>) -> PyResult<Map<'a>> {
    if !output.is_c_contiguous() {
        return Err(PyValueError::new_err("outputs must be C-contiguous"));
    }
    Ok(Map { shape: output.shape(), values: output.as_slice()? })
}
