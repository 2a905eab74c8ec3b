//! `decode_head`: from raw output maps to boxes.

use numpy::{PyArray2, PyReadonlyArrayDyn, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use redact_core::{Head, InputSize, Map};

use crate::errors::{refused, unknown};
use crate::tables;

const KNOWN: &str =
    "bodycam, bodycam2, centerface, yunet, yolov5_plate, scrfd, retinaface, yolov5, yolov5_decoded, yolov8";

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
    let head = match head {
        "bodycam" => Head::Bodycam,
        "bodycam2" => Head::Bodycam2,
        "centerface" => Head::CenterFace,
        "yunet" => Head::YuNet,
        "yolov5_plate" => Head::YoloV5Plate,
        "scrfd" => Head::Scrfd,
        "retinaface" => Head::RetinaFace,
        "yolov5" => Head::YoloV5,
        "yolov5_decoded" => Head::YoloV5Decoded,
        "yolov8" => Head::YoloV8,
        _ => return Err(unknown("a head", head, KNOWN)),
    };
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
