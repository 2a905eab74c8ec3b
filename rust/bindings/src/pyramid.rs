//! `Pyramid`: the luma of a frame at sizes that halve, and the follower between two of them.

use numpy::{PyArray1, PyArray2, PyArrayMethods};
use pyo3::prelude::*;
use redact_core::{Orientation, Step};

use crate::errors::refused;
use crate::planes::Planes;

/// Left, top, right, bottom.
type Place = (f32, f32, f32, f32);
/// A place, the error in sides, and the likeness.
type Found = (Place, f32, f32);

#[pyclass(module = "bodycam_pipeline._native", frozen)]
pub struct Pyramid(redact_core::Pyramid);

#[pymethods]
impl Pyramid {
    #[new]
    #[pyo3(signature = (planes, *, orientation=1))]
    fn new(py: Python<'_>, planes: PyRef<'_, Planes>, orientation: i64) -> PyResult<Self> {
        let orientation = Orientation::from_exif(orientation).map_err(refused)?;
        let frame = planes.frame()?;
        Ok(Self(py.detach(|| redact_core::Pyramid::new(&frame, orientation))))
    }

    fn small<'py>(&self, py: Python<'py>, longest: usize) -> PyResult<Bound<'py, PyArray2<u8>>> {
        let level = self.0.small(longest);
        PyArray1::from_slice(py, &level.samples).reshape([level.height, level.width])
    }

    fn follow(&self, py: Python<'_>, to: &Self, place: Place, guesses: Vec<(f32, f32)>) -> PyResult<Found> {
        py.detach(|| redact_core::follow(&self.0, &to.0, place.into(), &guesses)).map(found).map_err(refused)
    }

    fn find(&self, py: Python<'_>, to: &Self, place: Place, guess: (f32, f32)) -> PyResult<Found> {
        py.detach(|| redact_core::find(&self.0, &to.0, place.into(), guess)).map(found).map_err(refused)
    }
}

fn found(step: Step) -> Found {
    (step.place.into(), step.error, step.likeness)
}
