//! The error table: which Python exception a refusal becomes.

use pyo3::PyErr;
use pyo3::exceptions::{PyBufferError, PyOSError, PyValueError};
use redact_core::Error;

/// A buffer that does not hold what was said is a `BufferError`; everything else is a `ValueError`.
#[expect(clippy::needless_pass_by_value, reason = "the shape that `map_err` wants")]
pub fn refused(error: Error) -> PyErr {
    match error {
        Error::BufferTooSmall { .. } => PyBufferError::new_err(error.to_string()),
        _ => PyValueError::new_err(error.to_string()),
    }
}

/// A `ValueError` that names what was expected of an argument.
pub fn unknown(what: &str, given: &str, expected: &str) -> PyErr {
    PyValueError::new_err(format!("{what} is one of {expected}, not {given:?}"))
}

/// The disk is an `OSError`; a seal, key or identity that is not what it should be is a `ValueError`.
#[expect(clippy::needless_pass_by_value, reason = "the shape that `map_err` wants")]
pub fn vault_refused(error: vault_core::Error) -> PyErr {
    use vault_core::Error;
    match &error {
        Error::Source(why) | Error::Target(why) => match why.raw_os_error() {
            Some(number) => PyOSError::new_err((number, error.to_string())),
            None => PyOSError::new_err(error.to_string()),
        },
        Error::ReadBack => PyOSError::new_err(error.to_string()),
        _ => PyValueError::new_err(error.to_string()),
    }
}
