//! `letterbox`: from planes to detector tensors.

use numpy::{PyArrayDyn, PyArrayMethods, PyReadwriteArrayDyn, PyUntypedArrayMethods};
use pyo3::exceptions::{PyBufferError, PyValueError};
use pyo3::prelude::*;
use redact_core::{Channels, Fit, Frame, Letterbox, Matrix, Orientation, Range, Region, check_sizes};

use crate::errors::{refused, unknown};
use crate::planes::Planes;

#[pyfunction]
#[pyo3(
    signature = (frames, targets, *, orientation=1, full_range=false, matrix="bt709", channels="rgb",
                 mean=[0.0, 0.0, 0.0], factor=[1.0, 1.0, 1.0], pad=0.0, crop=None),
    text_signature = "(frames, targets, *, orientation=1, full_range=False, matrix='bt709', channels='rgb', \
                      mean=(0.0, 0.0, 0.0), factor=(1.0, 1.0, 1.0), pad=0.0, crop=None)"
)]
#[expect(clippy::too_many_arguments, reason = "keywords in Python, one value from here on")]
pub fn letterbox<'py>(
    py: Python<'py>,
    frames: Vec<PyRef<'py, Planes>>,
    targets: Vec<Bound<'py, PyArrayDyn<f32>>>,
    orientation: i64,
    full_range: bool,
    matrix: &str,
    channels: &str,
    mean: [f32; 3],
    factor: [f32; 3],
    pad: f32,
    crop: Option<(i64, i64, i64, i64)>,
) -> PyResult<Vec<f64>> {
    let options = Letterbox {
        orientation: Orientation::from_exif(orientation).map_err(refused)?,
        range: if full_range { Range::Full } else { Range::Limited },
        matrix: match matrix {
            "bt601" => Matrix::Bt601,
            "bt709" => Matrix::Bt709,
            _ => return Err(unknown("a matrix", matrix, "bt601, bt709")),
        },
        channels: match channels {
            "rgb" => Channels::Rgb,
            "bgr" => Channels::Bgr,
            _ => return Err(unknown("channels", channels, "rgb, bgr")),
        },
        mean,
        factor,
        pad,
        crop: crop.map(region).transpose()?,
    };
    let frames: Vec<Frame<'_>> = frames.iter().map(|planes| planes.frame()).collect::<PyResult<_>>()?;
    let size = check_sizes(&frames).map_err(refused)?;
    let mut targets: Vec<PyReadwriteArrayDyn<'_, f32>> = targets.iter().map(writable).collect::<PyResult<_>>()?;
    let mut work = Vec::with_capacity(targets.len());
    for target in &mut targets {
        let fit = Fit::new(&options, size, target_size(target.shape(), frames.len())?).map_err(refused)?;
        work.push((fit, target.as_slice_mut()?));
    }
    py.detach(|| work.iter_mut().for_each(|(fit, target)| fit.write_all(&frames, target)));
    Ok(work.iter().map(|(fit, _)| fit.scale()).collect())
}

fn region((left, top, right, bottom): (i64, i64, i64, i64)) -> PyResult<Region> {
    let edge = |edge: i64| {
        usize::try_from(edge).map_err(|_| PyValueError::new_err(format!("the crop's edge {edge} is outside the frame")))
    };
    Ok(Region { left: edge(left)?, top: edge(top)?, right: edge(right)?, bottom: edge(bottom)? })
}

fn writable<'py>(target: &Bound<'py, PyArrayDyn<f32>>) -> PyResult<PyReadwriteArrayDyn<'py, f32>> {
    if !target.is_c_contiguous() {
        return Err(PyBufferError::new_err("a target must be C-contiguous"));
    }
    target.try_readwrite().map_err(|error| PyBufferError::new_err(format!("a target cannot be written to: {error}")))
}

/// Width and height of a target for `frames` frames.
fn target_size(shape: &[usize], frames: usize) -> PyResult<(usize, usize)> {
    match *shape {
        [count, 3, height, width] if count == frames => Ok((width, height)),
        _ => Err(PyValueError::new_err(format!(
            "{frames} frames need targets of the shape ({frames}, 3, height, width), not {shape:?}"
        ))),
    }
}
