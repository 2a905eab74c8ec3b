//! Sealed files on a disk: written where nothing is, synced, read back and compared before anybody relies on them.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::direct::{Block, BlockWriter, Direct, ReadOnce};
use crate::{Error, ObjectKey, Result, Sealed, seal};

/// Read-only from the first moment: nobody writes to a sealed file again, the owner included.
const READ_ONLY: u32 = 0o400;

/// Seal a file into a new one: the source is read once, the result is on the disk, and what the disk gives back is what
/// was written. The source is only ever read.
///
/// `stop` is asked before every block whether to go on.
///
/// # Errors
/// Something is at `target` already, a disk failed, or `stop` said so. A target that was begun is left for the caller's
/// sweep.
pub fn seal_file(key: &ObjectKey, source: &Path, target: &Path, stop: &mut dyn FnMut() -> bool) -> Result<Sealed> {
    let source = ReadOnce::new(File::open(source).map_err(Error::Source)?);
    let file = OpenOptions::new().write(true).create_new(true).mode(READ_ONLY).open(target).map_err(Error::Target)?;
    let mut file = BlockWriter::new(file);
    let sealed = seal(key, source, &mut file, stop)?;
    file.sync().map_err(Error::Target)?;
    match digest_file(target, stop)? {
        read_back if read_back == (sealed.sealed_blake3, sealed.sealed_size) => Ok(sealed),
        _ => Err(Error::ReadBack),
    }
}

/// BLAKE3 and size of a file as the disk holds it: past the page cache where its file system allows that.
///
/// # Errors
/// It cannot be opened, the disk failed, or `stop` said so.
pub fn digest_file(path: &Path, stop: &mut dyn FnMut() -> bool) -> Result<([u8; 32], u64)> {
    digest(Direct::from_disk(File::open(path).map_err(Error::Target)?), stop)
}

/// BLAKE3 and size of what is read, as `b3sum` prints it.
///
/// # Errors
/// The disk failed, or `stop`, which is asked before every block, said so.
pub fn digest(mut file: impl Read, stop: &mut dyn FnMut() -> bool) -> Result<([u8; 32], u64)> {
    let (mut hash, mut size, mut block) = (blake3::Hasher::new(), 0, Block::new());
    loop {
        if stop() {
            return Err(Error::Stopped);
        }
        match file.read(&mut block) {
            Ok(0) => return Ok((hash.finalize().into(), size)),
            Ok(read) => {
                hash.update(&block[..read]);
                size += read as u64;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(Error::Target(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    fn on() -> impl FnMut() -> bool {
        || false
    }

    /// Sizes at whose sealed ends everything can be odd: nothing, one byte, and around sectors, age's chunks and blocks.
    const SIZES: [usize; 6] = [0, 1, 4000, (1 << 16) - 1, (1 << 20) - 500, (1 << 20) + 4096];

    #[test]
    fn what_is_sealed_to_a_disk_opens_to_the_same_bytes_at_every_odd_size() {
        let (folder, key) = (tempfile::tempdir().unwrap(), ObjectKey::generate());
        let (source, target) = (folder.path().join("source"), folder.path().join("target"));
        for size in SIZES {
            let content: Vec<u8> = (0..size).map(|at| u8::try_from(at * 31 % 251).unwrap()).collect();
            std::fs::write(&source, &content).unwrap();
            let sealed = seal_file(&key, &source, &target, &mut on()).unwrap();
            let bytes = std::fs::read(&target).unwrap();
            assert_eq!((sealed.size, sealed.sealed_size), (size as u64, bytes.len() as u64));
            assert_eq!(
                digest_file(&target, &mut on()).unwrap(),
                (*blake3::hash(&bytes).as_bytes(), bytes.len() as u64)
            );
            let mut opened = Vec::new();
            crate::SealedReader::open(&key, io::Cursor::new(bytes)).unwrap().read_to_end(&mut opened).unwrap();
            assert!(opened == content, "{size} bytes");
            std::fs::remove_file(&target).unwrap();
        }
    }

    #[test]
    fn it_is_asked_at_every_block_of_sealing_and_of_reading_back_whether_to_go_on() {
        let (folder, key) = (tempfile::tempdir().unwrap(), ObjectKey::generate());
        let source = folder.path().join("source");
        std::fs::write(&source, vec![7; 3 << 20]).unwrap();
        let mut asked = 0;
        seal_file(&key, &source, &folder.path().join("whole"), &mut || {
            asked += 1;
            false
        })
        .unwrap();
        assert!(asked >= 8);
        for at in 1..=asked {
            let (mut left, target) = (at, folder.path().join(at.to_string()));
            let stopped = seal_file(&key, &source, &target, &mut || {
                left -= 1;
                left == 0
            });
            assert!(matches!(stopped, Err(Error::Stopped)), "{at}");
        }
    }

    #[test]
    fn nothing_that_is_there_is_sealed_over() {
        let folder = tempfile::tempdir().unwrap();
        let (source, target) = (folder.path().join("source"), folder.path().join("target"));
        std::fs::write(&source, b"recording").unwrap();
        std::fs::write(&target, b"another").unwrap();
        let refused = seal_file(&ObjectKey::generate(), &source, &target, &mut on());
        assert!(matches!(refused, Err(Error::Target(error)) if error.kind() == ErrorKind::AlreadyExists));
        assert_eq!(std::fs::read(&target).unwrap(), b"another");
    }
}
