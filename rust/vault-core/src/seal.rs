//! Sealing: one pass over a recording, in flat memory.

use std::io::{ErrorKind, Read, Write};

use sha2::{Digest, Sha256};

use crate::{Error, ObjectKey, Result};

/// Read at once: large enough that a disk is never waited for twice, 16 chunks of age.
const BUFFER_BYTES: usize = 1 << 20;

/// What was sealed, and into what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sealed {
    /// SHA-256 of the recording.
    pub sha256: [u8; 32],
    /// Bytes of the recording.
    pub size: u64,
    /// BLAKE3 of the sealed bytes, as they were handed to the disk.
    pub sealed_blake3: [u8; 32],
    /// Sealed bytes.
    pub sealed_size: u64,
}

/// Seal everything that `source` gives, to one recording's key. Memory: one buffer.
///
/// `stop` is asked before every buffer whether to go on.
///
/// # Errors
/// The source or the target failed, or `stop` said so; what was written then is not a sealed file and does not open.
pub fn seal(
    key: &ObjectKey,
    mut source: impl Read,
    target: impl Write,
    stop: &mut dyn FnMut() -> bool,
) -> Result<Sealed> {
    let recipient = key.recipient();
    let encryptor = age::Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient))
        .map_err(|_| Error::NoRecipient)?;
    let mut writer = encryptor.wrap_output(Counted::new(target)).map_err(Error::Target)?;
    let (mut sha256, mut size, mut buffer) = (Sha256::new(), 0, vec![0; BUFFER_BYTES]);
    loop {
        if stop() {
            return Err(Error::Stopped);
        }
        let read = match source.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(Error::Source(error)),
        };
        sha256.update(&buffer[..read]);
        writer.write_all(&buffer[..read]).map_err(Error::Target)?;
        size += read as u64;
    }
    let mut written = writer.finish().map_err(Error::Target)?;
    written.flush().map_err(Error::Target)?;
    Ok(Sealed {
        sha256: sha256.finalize().into(),
        size,
        sealed_blake3: written.hash.finalize().into(),
        sealed_size: written.size,
    })
}

/// A writer that hashes and counts what passes.
struct Counted<W> {
    inner: W,
    hash: blake3::Hasher,
    size: u64,
}

impl<W: Write> Counted<W> {
    fn new(inner: W) -> Self {
        Self { inner, hash: blake3::Hasher::new(), size: 0 }
    }
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}
