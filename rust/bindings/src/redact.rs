//! `redact`: hide regions in place.

use numpy::PyReadonlyArrayDyn;
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
pub fn redact(
    py: Python<'_>,
    mut planes: PyRefMut<'_, Planes>,
    regions: PyReadonlyArrayDyn<'_, i32>,
    style: tables::StyleNames,
    seeds: Option<PyReadonlyArrayDyn<'_, u64>>,
    colour: (i64, i64, i64),
    codes: Option<Vec<String>>,
    orientation: i64,
) -> PyResult<()> {
    let mut frame = planes.frame_mut()?;
    let (width, height) = (frame.planes[0].width(), frame.planes[0].height());
    let regions = tables::regions(&regions, width, height)?;
    let upright = Upright::new(Orientation::from_exif(orientation).map_err(refused)?, width, height);
    let labels = tables::labels(codes.as_deref(), &regions, upright)?;
    let styles = tables::styles(&style, &regions, tables::colour(colour)?, seeds.as_ref(), labels.as_ref())?;
    py.detach(|| redact_core::redact(&mut frame, &regions, &styles)).map_err(refused)
}
