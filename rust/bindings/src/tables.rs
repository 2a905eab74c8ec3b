//! Small tables of numbers, copied in and out: regions, seeds, colours, boxes.

use numpy::{PyArray1, PyArray2, PyReadonlyArrayDyn, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use redact_core::{Colour, Detection, Error, Labels, Region, Style, Upright, check_regions};

use crate::errors::refused;

pub fn regions(table: &PyReadonlyArrayDyn<'_, i32>, width: usize, height: usize) -> PyResult<Vec<Region>> {
    if table.ndim() != 2 || table.shape()[1] != 4 {
        return Err(PyValueError::new_err(format!("regions have the shape (n, 4), not {:?}", table.shape())));
    }
    let table = table.as_array();
    let rows = table.outer_iter().map(|row| [row[0], row[1], row[2], row[3]]);
    check_regions(rows, width, height).map_err(refused)
}

/// The style of every region: one word for all of them, or one for each.
#[derive(FromPyObject)]
pub enum StyleNames {
    All(String),
    Each(Vec<String>),
}

pub fn styles<'a>(
    names: &StyleNames,
    regions: &[Region],
    colour: Colour,
    seeds: Option<&PyReadonlyArrayDyn<'_, u64>>,
    labels: Option<&'a Labels>,
) -> PyResult<Vec<Style<'a>>> {
    let names: Vec<&str> = match names {
        StyleNames::All(name) => vec![name; regions.len()],
        StyleNames::Each(names) => names.iter().map(String::as_str).collect(),
    };
    let seeds = self::seeds(seeds, regions)?;
    let style = |(index, name): (usize, &&str)| Style::named(name, colour, seeds.get(index).copied(), labels);
    names.iter().enumerate().map(style).collect::<Result<_, _>>().map_err(refused)
}

fn seeds(table: Option<&PyReadonlyArrayDyn<'_, u64>>, regions: &[Region]) -> PyResult<Vec<u64>> {
    let Some(table) = table else { return Ok(Vec::new()) };
    if table.ndim() != 1 {
        return Err(PyValueError::new_err(format!("seeds have the shape (n,), not {:?}", table.shape())));
    }
    if table.len() != regions.len() {
        return Err(refused(Error::SeedCount { regions: regions.len(), seeds: table.len() }));
    }
    Ok(table.as_array().iter().copied().collect())
}

/// The codes of regions in their places; none where no code is given at all.
pub fn labels(codes: Option<&[String]>, regions: &[Region], upright: Upright) -> PyResult<Option<Labels>> {
    codes.map(|codes| Labels::place(codes, regions, upright).map_err(refused)).transpose()
}

pub fn colour((luma, blue, red): (i64, i64, i64)) -> PyResult<Colour> {
    let sample = |value: i64| {
        u8::try_from(value).map_err(|_| PyValueError::new_err(format!("a colour's samples are 0 to 255, not {value}")))
    };
    Ok([sample(luma)?, sample(blue)?, sample(red)?])
}

pub fn detections(table: &PyReadonlyArrayDyn<'_, f32>) -> PyResult<Vec<Detection>> {
    if table.ndim() != 2 || table.shape()[1] != 6 {
        return Err(PyValueError::new_err(format!("boxes have the shape (n, 6), not {:?}", table.shape())));
    }
    let row = |row: numpy::ndarray::ArrayViewD<'_, f32>| Detection {
        left: row[0],
        top: row[1],
        right: row[2],
        bottom: row[3],
        score: row[4],
        kind: row[5],
    };
    Ok(table.as_array().outer_iter().map(row).collect())
}

pub fn boxes<'py>(py: Python<'py>, detections: &[Detection]) -> PyResult<Bound<'py, PyArray2<f32>>> {
    let row = |found: &Detection| [found.left, found.top, found.right, found.bottom, found.score, found.kind];
    let numbers = PyArray1::from_iter(py, detections.iter().flat_map(row));
    numpy::PyArrayMethods::reshape(&numbers, [detections.len(), 6])
}
