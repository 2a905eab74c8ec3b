//! `ObjectKey` and `SealedFile`: recordings sealed to a key each, read as files.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::exceptions::{PyEOFError, PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyTuple};
use vault_core::{Recipient, SealedReader};

use crate::errors::vault_refused;

/// What SHA-256 and BLAKE3 give: (sha256, size, `sealed_blake3`, `sealed_size`).
type SealedFacts<'py> = (Bound<'py, PyBytes>, u64, Bound<'py, PyBytes>, u64);

#[pyclass(module = "bodycam_pipeline._native", frozen)]
pub struct ObjectKey(vault_core::ObjectKey);

#[pymethods]
impl ObjectKey {
    #[new]
    fn new() -> Self {
        Self(vault_core::ObjectKey::generate())
    }

    #[staticmethod]
    fn unwrap(wrapped: &[u8], identities: &str) -> PyResult<Self> {
        vault_core::ObjectKey::unwrap(wrapped, identities).map(Self).map_err(vault_refused)
    }

    fn wrap<'py>(&self, py: Python<'py>, recipients: Vec<String>) -> PyResult<Bound<'py, PyBytes>> {
        let people: Vec<Recipient> =
            recipients.iter().map(|text| text.parse()).collect::<Result<_, _>>().map_err(vault_refused)?;
        Ok(PyBytes::new(py, &self.0.wrap(&people).map_err(vault_refused)?))
    }

    fn seal<'py>(&self, py: Python<'py>, source: PathBuf, target: PathBuf) -> PyResult<SealedFacts<'py>> {
        let sealed = until_stopped(py, |stop| vault_core::seal_file(&self.0, &source, &target, stop))?;
        let bytes = |hash: &[u8]| PyBytes::new(py, hash);
        Ok((bytes(&sealed.sha256), sealed.size, bytes(&sealed.sealed_blake3), sealed.sealed_size))
    }

    fn seal_bytes<'py>(&self, py: Python<'py>, content: PyBackedBytes) -> PyResult<Bound<'py, PyBytes>> {
        let sealed = py.detach(|| self.0.seal_bytes(&content)).map_err(vault_refused)?;
        Ok(PyBytes::new(py, &sealed))
    }

    fn open_bytes<'py>(&self, py: Python<'py>, sealed: PyBackedBytes) -> PyResult<Bound<'py, PyBytes>> {
        let content = py.detach(|| self.0.open_bytes(&sealed)).map_err(vault_refused)?;
        Ok(PyBytes::new(py, &content))
    }

    fn open(&self, py: Python<'_>, sealed: Bound<'_, PyAny>) -> PyResult<SealedFile> {
        let source = Source::of(sealed)?;
        let reader = py.detach(|| SealedReader::open(&self.0, source)).map_err(vault_refused)?;
        Ok(SealedFile(Mutex::new(Some(reader))))
    }
}

#[pyclass(module = "bodycam_pipeline._native", frozen)]
pub struct SealedFile(Mutex<Option<SealedReader<Source>>>);

#[pymethods]
impl SealedFile {
    #[pyo3(signature = (size = None))]
    fn read<'py>(&self, py: Python<'py>, size: Option<i64>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = self.with(py, |reader| {
            let rest = reader.size().saturating_sub(reader.position());
            let wanted = size.and_then(|size| u64::try_from(size).ok()).map_or(rest, |size| size.min(rest));
            let mut bytes = vec![0; usize::try_from(wanted).map_err(io::Error::other)?];
            reader.read_exact(&mut bytes)?;
            Ok(bytes)
        })?;
        Ok(PyBytes::new(py, &bytes))
    }

    #[pyo3(signature = (offset, whence = 0))]
    fn seek(&self, py: Python<'_>, offset: i64, whence: u8) -> PyResult<u64> {
        let before = || PyValueError::new_err(format!("a place before the beginning: {offset}"));
        let to = match whence {
            0 => SeekFrom::Start(u64::try_from(offset).map_err(|_| before())?),
            1 => SeekFrom::Current(offset),
            2 => SeekFrom::End(offset),
            _ => return Err(PyValueError::new_err(format!("whence is 0, 1 or 2, not {whence}"))),
        };
        self.with(py, |reader| reader.seek(to))
    }

    fn tell(&self, py: Python<'_>) -> PyResult<u64> {
        self.with(py, |reader| Ok(reader.position()))
    }

    #[getter]
    fn size(&self, py: Python<'_>) -> PyResult<u64> {
        self.with(py, |reader| Ok(reader.size()))
    }

    #[getter]
    fn error(&self, py: Python<'_>) -> PyResult<Option<String>> {
        self.with(py, |reader| Ok(reader.error().map(str::to_owned)))
    }

    #[expect(clippy::unused_self, reason = "a method of Python's files")]
    fn readable(&self) -> bool {
        true
    }

    #[expect(clippy::unused_self, reason = "a method of Python's files")]
    fn seekable(&self) -> bool {
        true
    }

    fn close(&self, py: Python<'_>) {
        drop(py.detach(|| self.lock().take()));
    }

    fn __enter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    #[pyo3(signature = (*raised))]
    fn __exit__(&self, raised: &Bound<'_, PyTuple>) {
        self.close(raised.py());
    }
}

impl SealedFile {
    fn lock(&self) -> MutexGuard<'_, Option<SealedReader<Source>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The GIL is let go before the lock is waited for: who holds the lock may be waiting for the GIL.
    fn with<T: Send>(
        &self,
        py: Python<'_>,
        act: impl FnOnce(&mut SealedReader<Source>) -> io::Result<T> + Send,
    ) -> PyResult<T> {
        let done = py.detach(|| self.lock().as_mut().map(act));
        match done {
            Some(result) => result.map_err(|error| PyOSError::new_err(error.to_string())),
            None => Err(PyValueError::new_err("the file is closed")),
        }
    }
}

#[pyfunction]
pub fn new_identity() -> (String, String) {
    vault_core::new_recipient()
}

#[pyfunction]
pub fn blake3_file<'py>(py: Python<'py>, file: Bound<'py, PyAny>) -> PyResult<(Bound<'py, PyBytes>, u64)> {
    let (hash, size) = if let Ok(path) = file.extract::<PathBuf>() {
        until_stopped(py, |stop| vault_core::digest_file(&path, stop))?
    } else {
        let source = Source::Object(file.unbind());
        until_stopped(py, |stop| vault_core::digest(source, stop))?
    };
    Ok((PyBytes::new(py, &hash), size))
}

/// Do what takes long without the GIL; a signal whose handler raises ends it at the next block, with what it raised.
fn until_stopped<T: Send>(
    py: Python<'_>,
    act: impl FnOnce(&mut dyn FnMut() -> bool) -> vault_core::Result<T> + Send,
) -> PyResult<T> {
    let mut raised = None;
    let done = py.detach(|| {
        act(&mut || {
            raised = Python::attach(|py: Python<'_>| -> PyResult<()> { py.check_signals() }).err();
            raised.is_some()
        })
    });
    match (done, raised) {
        (_, Some(raised)) => Err(raised),
        (Err(error @ vault_core::Error::Source(_)), None) => Err(PyEOFError::new_err(error.to_string())),
        (done, None) => done.map_err(vault_refused),
    }
}

/// Where sealed bytes come from: a file of the system, or an object of Python's that reads and seeks.
enum Source {
    Path(File),
    Object(Py<PyAny>),
}

impl Source {
    fn of(file: Bound<'_, PyAny>) -> PyResult<Self> {
        match file.extract::<PathBuf>() {
            Ok(path) => Ok(Self::Path(File::open(path)?)),
            Err(_) => Ok(Self::Object(file.unbind())),
        }
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Path(file) => file.read(buffer),
            Self::Object(object) => Python::attach(|py| {
                let bytes: PyBackedBytes = object.bind(py).call_method1("read", (buffer.len(),))?.extract()?;
                let read = bytes.len().min(buffer.len());
                buffer[..read].copy_from_slice(&bytes[..read]);
                Ok(read)
            })
            .map_err(io_error),
        }
    }
}

impl Seek for Source {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let object = match self {
            Self::Path(file) => return file.seek(to),
            Self::Object(object) => object,
        };
        let (offset, whence) = match to {
            SeekFrom::Start(offset) => (i64::try_from(offset).map_err(io::Error::other)?, 0),
            SeekFrom::Current(offset) => (offset, 1),
            SeekFrom::End(offset) => (offset, 2),
        };
        Python::attach(|py| {
            let object = object.bind(py);
            object.call_method1("seek", (offset, whence))?;
            object.call_method0("tell")?.extract()
        })
        .map_err(io_error)
    }
}

fn io_error(error: PyErr) -> io::Error {
    io::Error::other(error.to_string())
}
