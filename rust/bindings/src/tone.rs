//! `ToneMap`: from HDR to BT.709.

use pyo3::prelude::*;
use redact_core::{Coding, Transfer};

use crate::errors::{refused, unknown};
use crate::planes::Planes;

#[pyclass(module = "bodycam_pipeline._native", frozen)]
pub struct ToneMap(redact_core::ToneMap);

#[pymethods]
impl ToneMap {
    #[new]
    #[pyo3(signature = (transfer, *, wide, full_range))]
    fn new(py: Python<'_>, transfer: &str, wide: bool, full_range: bool) -> PyResult<Self> {
        let transfer = match transfer {
            "hlg" => Transfer::Hlg,
            "pq" => Transfer::Pq,
            _ => return Err(unknown("a transfer", transfer, "hlg, pq")),
        };
        Ok(Self(py.detach(|| redact_core::ToneMap::new(Coding { transfer, wide, full_range }))))
    }

    fn apply(&self, py: Python<'_>, source: PyRef<'_, Planes>, mut target: PyRefMut<'_, Planes>) -> PyResult<()> {
        let from = source.frame()?;
        let mut to = target.frame_mut()?;
        py.detach(|| self.0.apply(&from, &mut to)).map_err(refused)
    }
}
