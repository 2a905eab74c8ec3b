//! `Letterbox`: from planes to detector tensors.

use numpy::{PyArrayDyn, PyArrayMethods, PyReadwriteArrayDyn, PyUntypedArrayMethods};
use pyo3::exceptions::{PyBufferError, PyValueError};
use pyo3::prelude::*;
use redact_core::{Channels, Fit, Frame, Matrix, Orientation, Range, Region, check_sizes};

use crate::errors::{refused, unknown};
use crate::planes::Planes;

/// Width and height.
type Size = (usize, usize);

#[pyclass(module = "bodycam_pipeline._native")]
pub struct Letterbox {
    options: redact_core::Letterbox,
    /// For the frames and targets of the last call: the next ones are mostly as large.
    fits: Vec<Fit>,
    made_for: (Size, Vec<Size>),
}

#[pymethods]
impl Letterbox {
    #[new]
    #[pyo3(
        signature = (*, orientation=1, full_range=false, matrix="bt709", channels="rgb", mean=[0.0, 0.0, 0.0],
                     factor=[1.0, 1.0, 1.0], pad=0.0, crop=None),
        text_signature = "(*, orientation=1, full_range=False, matrix='bt709', channels='rgb', \
                          mean=(0.0, 0.0, 0.0), factor=(1.0, 1.0, 1.0), pad=0.0, crop=None)"
    )]
    #[expect(clippy::too_many_arguments, reason = "keywords in Python, one value from here on")]
    fn new(
        orientation: i64,
        full_range: bool,
        matrix: &str,
        channels: &str,
        mean: [f32; 3],
        factor: [f32; 3],
        pad: f32,
        crop: Option<(i64, i64, i64, i64)>,
    ) -> PyResult<Self> {
        let options = redact_core::Letterbox {
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
        Ok(Self { options, fits: Vec::new(), made_for: ((0, 0), Vec::new()) })
    }

    fn fill<'py>(
        &mut self,
        py: Python<'py>,
        frames: Vec<PyRef<'py, Planes>>,
        targets: Vec<Bound<'py, PyArrayDyn<f32>>>,
    ) -> PyResult<Vec<f64>> {
        let frames: Vec<Frame<'_>> = frames.iter().map(|planes| planes.frame()).collect::<PyResult<_>>()?;
        let size = check_sizes(&frames).map_err(refused)?;
        let mut targets: Vec<PyReadwriteArrayDyn<'_, f32>> = targets.iter().map(writable).collect::<PyResult<_>>()?;
        let sizes = targets.iter().map(|target| target_size(target.shape(), frames.len())).collect::<PyResult<_>>()?;
        self.fit(size, sizes)?;
        let slices = targets.iter_mut().map(|target| target.as_slice_mut());
        let mut work = self.fits.iter_mut().zip(slices.collect::<Result<Vec<_>, _>>()?).collect::<Vec<_>>();
        py.detach(|| work.iter_mut().for_each(|(fit, target)| fit.write_all(&frames, target)));
        Ok(work.iter().map(|(fit, _)| fit.scale()).collect())
    }
}

impl Letterbox {
    fn fit(&mut self, frame: Size, targets: Vec<Size>) -> PyResult<()> {
        let wanted = (frame, targets);
        if self.made_for != wanted {
            let fits = wanted.1.iter().map(|target| Fit::new(&self.options, frame, *target));
            self.fits = fits.collect::<Result<_, _>>().map_err(refused)?;
            self.made_for = wanted;
        }
        Ok(())
    }
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
