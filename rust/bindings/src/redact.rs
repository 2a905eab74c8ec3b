//! `redact`: hide regions in place.

use numpy::PyReadonlyArrayDyn;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use redact_core::{Colour, Lettering, Orientation, Shipping, Style, Upright};

use crate::errors::{refused, unknown};
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
    style: &str,
    seeds: Option<PyReadonlyArrayDyn<'_, u64>>,
    colour: (i64, i64, i64),
    codes: Option<Vec<String>>,
    orientation: i64,
) -> PyResult<()> {
    let seeds = tables::seeds(seeds.as_ref())?;
    let mut frame = planes.frame_mut()?;
    let (width, height) = (frame.planes[0].width(), frame.planes[0].height());
    let regions = tables::regions(&regions, width, height)?;
    let upright = Upright::new(Orientation::from_exif(orientation).map_err(refused)?, width, height);
    let lettering = tables::lettering(codes.as_deref(), &regions, upright)?;
    let style = match (style, &lettering) {
        ("gaussian", None) => Style::Gaussian,
        _ => Style::Shipping(shipping(style, tables::colour(colour)?, &seeds, lettering.as_ref())?),
    };
    py.detach(|| redact_core::redact(&mut frame, &regions, style)).map_err(refused)
}

/// The styles that `residual` knows as well.
pub fn shipping<'a>(
    style: &str,
    colour: Colour,
    seeds: &'a [u64],
    lettering: Option<&'a Lettering>,
) -> PyResult<Shipping<'a>> {
    match (style, lettering) {
        ("fill", Some(lettering)) => Ok(Shipping::Coded(colour, lettering)),
        ("fill", None) => Ok(Shipping::Fill(colour)),
        ("blur", None) => Ok(Shipping::Membrane(colour)),
        ("mosaic", None) => Ok(Shipping::Mosaic(colour, seeds)),
        (_, Some(_)) => Err(PyValueError::new_err(format!("codes are drawn on the style fill, not on {style:?}"))),
        _ => Err(unknown("a style", style, "fill, blur, mosaic (and gaussian, which only redact knows)")),
    }
}
