//! `redact`: hide regions in place.

use numpy::PyReadonlyArrayDyn;
use pyo3::prelude::*;
use redact_core::{Colour, Shipping, Style};

use crate::errors::{refused, unknown};
use crate::planes::Planes;
use crate::tables;

#[pyfunction]
#[pyo3(
    signature = (planes, regions, *, style, seeds=None, colour=(16, 128, 128)),
    text_signature = "(planes, regions, *, style, seeds=None, colour=(16, 128, 128))"
)]
pub fn redact(
    py: Python<'_>,
    mut planes: PyRefMut<'_, Planes>,
    regions: PyReadonlyArrayDyn<'_, i32>,
    style: &str,
    seeds: Option<PyReadonlyArrayDyn<'_, u64>>,
    colour: (i64, i64, i64),
) -> PyResult<()> {
    let seeds = tables::seeds(seeds.as_ref())?;
    let style = match style {
        "gaussian" => Style::Gaussian,
        style => Style::Shipping(shipping(style, tables::colour(colour)?, &seeds)?),
    };
    let mut frame = planes.frame_mut()?;
    let regions = tables::regions(&regions, frame.planes[0].width(), frame.planes[0].height())?;
    py.detach(|| redact_core::redact(&mut frame, &regions, style)).map_err(refused)
}

/// The styles that `residual` knows as well.
pub fn shipping<'a>(style: &str, colour: Colour, seeds: &'a [u64]) -> PyResult<Shipping<'a>> {
    match style {
        "fill" => Ok(Shipping::Fill(colour)),
        "blur" => Ok(Shipping::Membrane(colour)),
        "mosaic" => Ok(Shipping::Mosaic(colour, seeds)),
        _ => Err(unknown("a style", style, "fill, blur, mosaic (and gaussian, which only redact knows)")),
    }
}
