//! Sealed files on a disk: written where nothing is, synced, read back and compared before anybody relies on them.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::{Advice, fadvise};

use crate::seal::BUFFER_BYTES;
use crate::{Error, ObjectKey, Result, Sealed, seal};

/// Read-only from the first moment: nobody writes to a sealed file again, the owner included.
const READ_ONLY: u32 = 0o400;

/// Seal a file into a new one: the source is read once, the result is on the disk, and what the disk gives back is what
/// was written. The source is only ever read.
///
/// # Errors
/// Something is at `target` already, or a disk failed. A target that was begun is left for the caller's sweep.
pub fn seal_file(key: &ObjectKey, source: &Path, target: &Path) -> Result<Sealed> {
    let source = File::open(source).map_err(Error::Source)?;
    let _ = fadvise(&source, 0, None, Advice::Sequential);
    let file = OpenOptions::new().write(true).create_new(true).mode(READ_ONLY).open(target).map_err(Error::Target)?;
    let sealed = seal(key, source, BufWriter::with_capacity(BUFFER_BYTES, &file))?;
    file.sync_all().map_err(Error::Target)?;
    let _ = fadvise(&file, 0, None, Advice::DontNeed); // so that the disk answers, and not the memory
    let written = File::open(target).map_err(Error::Target)?;
    let _ = fadvise(&written, 0, None, Advice::Sequential);
    match digest(written).map_err(Error::Target)? {
        read_back if read_back == (sealed.sealed_blake3, sealed.sealed_size) => Ok(sealed),
        _ => Err(Error::ReadBack),
    }
}

/// BLAKE3 and size of a file, as `b3sum` prints it.
///
/// # Errors
/// The disk failed.
pub fn digest(mut file: impl Read) -> io::Result<([u8; 32], u64)> {
    let (mut hash, mut size, mut buffer) = (blake3::Hasher::new(), 0, vec![0; BUFFER_BYTES]);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok((hash.finalize().into(), size));
        }
        hash.update(&buffer[..read]);
        size += read as u64;
    }
}
