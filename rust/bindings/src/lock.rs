//! `lock_process`: what is left of a process's rights once it reads a stranger's bytes.

use std::path::PathBuf;

use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;

#[pyfunction]
pub fn lock_process(read: Vec<PathBuf>) -> PyResult<u32> {
    box_core::lock(&read).map_err(|error| PyOSError::new_err(error.to_string()))
}
