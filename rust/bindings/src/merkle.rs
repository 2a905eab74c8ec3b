//! `merkle_*`: Merkle trees of RFC 6962.

use std::ops::Range;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;
use redact_core::merkle::{self, Hash};

const WIDTH: usize = size_of::<Hash>();

#[pyfunction]
pub fn merkle_leaf<'py>(py: Python<'py>, entry: &[u8]) -> Bound<'py, PyBytes> {
    PyBytes::new(py, &merkle::leaf_hash(entry))
}

#[pyfunction]
#[pyo3(signature = (entries, *, width = 32))]
pub fn merkle_leaves(py: Python<'_>, entries: PyBackedBytes, width: usize) -> PyResult<Bound<'_, PyBytes>> {
    if width == 0 || entries.len() % width != 0 {
        return Err(PyValueError::new_err(format!("{} bytes are not entries of {width}", entries.len())));
    }
    let leaves: Vec<u8> = py.detach(|| entries.chunks_exact(width).flat_map(merkle::leaf_hash).collect());
    Ok(PyBytes::new(py, &leaves))
}

#[pyfunction]
pub fn merkle_root(py: Python<'_>, leaves: PyBackedBytes) -> PyResult<Bound<'_, PyBytes>> {
    let leaves = hashes(&leaves)?;
    Ok(PyBytes::new(py, &py.detach(|| merkle::root(&leaves))))
}

#[pyfunction]
pub fn merkle_inclusion(py: Python<'_>, leaves: PyBackedBytes, index: usize) -> PyResult<Vec<Bound<'_, PyBytes>>> {
    let leaves = hashes(&leaves)?;
    Ok(proof(py, &leaves, known(merkle::inclusion_ranges(index, leaves.len()), "no such leaf")?))
}

#[pyfunction]
pub fn merkle_consistency(py: Python<'_>, leaves: PyBackedBytes, old: usize) -> PyResult<Vec<Bound<'_, PyBytes>>> {
    let leaves = hashes(&leaves)?;
    Ok(proof(py, &leaves, known(merkle::consistency_ranges(old, leaves.len()), NO_BEGINNING)?))
}

#[pyfunction]
pub fn merkle_inclusion_ranges(index: usize, size: usize) -> PyResult<Vec<(usize, usize)>> {
    known(merkle::inclusion_ranges(index, size), "no such leaf").map(pairs)
}

#[pyfunction]
pub fn merkle_consistency_ranges(old: usize, new: usize) -> PyResult<Vec<(usize, usize)>> {
    known(merkle::consistency_ranges(old, new), NO_BEGINNING).map(pairs)
}

#[pyfunction]
pub fn merkle_includes(root: Hash, size: usize, index: usize, leaf: Hash, proof: Vec<Hash>) -> bool {
    merkle::includes(&root, size, index, &leaf, &proof)
}

#[pyfunction]
pub fn merkle_extends(old: usize, old_root: Hash, new: usize, new_root: Hash, proof: Vec<Hash>) -> bool {
    merkle::extends(old, &old_root, new, &new_root, &proof)
}

const NO_BEGINNING: &str = "a tree begins with a smaller one that is not empty";

fn hashes(leaves: &[u8]) -> PyResult<Vec<Hash>> {
    let hash = |bytes: &[u8]| {
        Hash::try_from(bytes)
            .map_err(|_| PyValueError::new_err(format!("{} bytes are not hashes of {WIDTH}", leaves.len())))
    };
    leaves.chunks(WIDTH).map(hash).collect()
}

fn known<T>(ranges: Option<T>, otherwise: &'static str) -> PyResult<T> {
    ranges.ok_or_else(|| PyValueError::new_err(otherwise))
}

fn pairs(ranges: Vec<Range<usize>>) -> Vec<(usize, usize)> {
    ranges.into_iter().map(|range| (range.start, range.end)).collect()
}

fn proof<'py>(py: Python<'py>, leaves: &[Hash], ranges: Vec<Range<usize>>) -> Vec<Bound<'py, PyBytes>> {
    let hashes: Vec<Hash> = py.detach(|| ranges.into_iter().map(|range| merkle::root(&leaves[range])).collect());
    hashes.iter().map(|hash| PyBytes::new(py, hash)).collect()
}
