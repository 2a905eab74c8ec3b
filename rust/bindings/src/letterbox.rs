//! `Letterbox`: from planes to detector tensors.

use numpy::{Element, PyArrayDyn, PyArrayMethods, PyReadwriteArrayDyn, PyUntypedArrayMethods};
use pyo3::exceptions::{PyBufferError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use redact_core::{Channels, Fit, Frame, Matrix, Orientation, Range, Region, Target, check_sizes};

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
        targets: Vec<Bound<'py, PyAny>>,
    ) -> PyResult<Vec<f64>> {
        let frames: Vec<Frame<'_>> = frames.iter().map(|planes| planes.frame()).collect::<PyResult<_>>()?;
        let size = check_sizes(&frames).map_err(refused)?;
        let mut tensors: Vec<Tensor<'_>> = targets.iter().map(Tensor::borrow).collect::<PyResult<_>>()?;
        let sizes = tensors.iter().map(|tensor| tensor.size(frames.len())).collect::<PyResult<_>>()?;
        self.fit(size, sizes)?;
        let targets = tensors.iter_mut().map(Tensor::target).collect::<PyResult<Vec<_>>>()?;
        let work = self.fits.iter_mut().zip(targets).collect::<Vec<_>>();
        py.detach(|| work.into_iter().for_each(|(fit, target)| fit.write_all(&frames, target)));
        Ok(self.fits.iter().map(Fit::scale).collect())
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

/// A target that is borrowed to be written to.
enum Tensor<'py> {
    Planes(PyReadwriteArrayDyn<'py, f32>),
    Packed(PyReadwriteArrayDyn<'py, u32>),
}

impl<'py> Tensor<'py> {
    fn borrow(target: &Bound<'py, PyAny>) -> PyResult<Self> {
        if let Ok(planes) = target.cast::<PyArrayDyn<f32>>() {
            writable(planes).map(Self::Planes)
        } else if let Ok(packed) = target.cast::<PyArrayDyn<u32>>() {
            writable(packed).map(Self::Packed)
        } else {
            Err(PyTypeError::new_err("a target is an array of float32 or of uint32"))
        }
    }

    /// Width and height, if it is one for so many frames.
    fn size(&self, frames: usize) -> PyResult<Size> {
        match self {
            Self::Planes(planes) => match *planes.shape() {
                [count, 3, height, width] if count == frames => Ok((width, height)),
                ref shape => Err(PyValueError::new_err(format!(
                    "{frames} frames need float32 targets of the shape ({frames}, 3, height, width), not {shape:?}"
                ))),
            },
            Self::Packed(packed) => match *packed.shape() {
                [count, height, width] if count == frames => Ok((width, height)),
                ref shape => Err(PyValueError::new_err(format!(
                    "{frames} frames need uint32 targets of the shape ({frames}, height, width), not {shape:?}"
                ))),
            },
        }
    }

    fn target(&mut self) -> PyResult<Target<'_>> {
        Ok(match self {
            Self::Planes(planes) => Target::Planes(planes.as_slice_mut()?),
            Self::Packed(packed) => Target::Packed(packed.as_slice_mut()?),
        })
    }
}

fn writable<'py, T: Element>(target: &Bound<'py, PyArrayDyn<T>>) -> PyResult<PyReadwriteArrayDyn<'py, T>> {
    if !target.is_c_contiguous() {
        return Err(PyBufferError::new_err("a target must be C-contiguous"));
    }
    target.try_readwrite().map_err(|error| PyBufferError::new_err(format!("a target cannot be written to: {error}")))
}
