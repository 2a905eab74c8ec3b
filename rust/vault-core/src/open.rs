//! Opening: a sealed file that reads and seeks like the recording inside it.

use std::io::{self, BufReader, ErrorKind, Read, Seek, SeekFrom};

use age::stream::StreamReader;

use crate::{Error, ObjectKey, Result};

/// Enough for the header. Larger reads, which are all that follow, go past the buffer.
const HEADER_BYTES: usize = 4096;

/// A sealed recording, read by range. Every byte it gives was authenticated; that it is whole was checked at opening.
///
/// The first failure sticks: whoever reads on gets it again, and whoever swallowed it finds it in [`Self::error`].
pub struct SealedReader<R> {
    inner: StreamReader<BufReader<R>>,
    inner_position: u64,
    position: u64,
    size: u64,
    error: Option<String>,
}

impl<R: Read + Seek> SealedReader<R> {
    /// Check header and end, and stand at the recording's first byte.
    ///
    /// # Errors
    /// Cut anywhere, changed in the header or in the last chunk, or sealed to another key.
    pub fn open(key: &ObjectKey, sealed: R) -> Result<Self> {
        let broken = |error: &dyn std::fmt::Display| Error::Broken(error.to_string());
        let sealed = BufReader::with_capacity(HEADER_BYTES, sealed);
        let decryptor = age::Decryptor::new_buffered(sealed).map_err(|error| match error {
            age::DecryptError::Io(error) if error.kind() != ErrorKind::UnexpectedEof => Error::Source(error),
            other => broken(&other),
        })?;
        let identity = std::iter::once(key.identity() as &dyn age::Identity);
        let mut inner = decryptor.decrypt(identity).map_err(|error| broken(&error))?;
        let size = inner.seek(SeekFrom::End(0)).map_err(|error| broken(&error))?;
        inner.rewind().map_err(|error| broken(&error))?;
        Ok(Self { inner, inner_position: 0, position: 0, size, error: None })
    }

    /// Bytes of the recording.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Where the next read begins.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.position
    }

    /// The failure that ended all reading, if there was one. Ask when you are done: a decoder may take it for the end.
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }

    fn fill(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.inner_position != self.position {
            self.inner.seek(SeekFrom::Start(self.position))?;
            self.inner_position = self.position;
        }
        let wanted = usize::try_from(self.size - self.position).unwrap_or(usize::MAX).min(buffer.len());
        let mut filled = 0;
        while filled < wanted {
            match self.inner.read(&mut buffer[filled..wanted])? {
                0 => return Err(io::Error::new(ErrorKind::UnexpectedEof, "it ends before its end")),
                read => filled += read,
            }
        }
        self.position += filled as u64;
        self.inner_position = self.position;
        Ok(filled)
    }
}

impl<R: Read + Seek> Read for SealedReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(error) = &self.error {
            return Err(io::Error::other(error.clone()));
        }
        if self.position >= self.size {
            return Ok(0);
        }
        self.fill(buffer).map_err(|error| {
            let what = match error.kind() {
                ErrorKind::InvalidData | ErrorKind::UnexpectedEof => "the seal is broken",
                _ => "it cannot be read",
            };
            let message = format!("{what} at byte {}: {error}", self.position);
            self.error = Some(message.clone());
            io::Error::other(message)
        })
    }
}

impl<R: Read + Seek> Seek for SealedReader<R> {
    /// As a file's: beyond the end is allowed and reads nothing; nothing is read before the next read.
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
            SeekFrom::End(offset) => self.size.checked_add_signed(offset),
        };
        self.position =
            target.ok_or_else(|| io::Error::new(ErrorKind::InvalidInput, "a place before the beginning"))?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;
    use crate::seal;

    const CHUNK: usize = 1 << 16;

    fn content(size: usize) -> Vec<u8> {
        (0..size).map(|at| u8::try_from(at * 31 % 251).unwrap()).collect()
    }

    fn sealed(key: &ObjectKey, size: usize) -> Vec<u8> {
        let mut target = Vec::new();
        let sealed = seal(key, &content(size)[..], &mut target, &mut || false).unwrap();
        assert_eq!((sealed.size, sealed.sealed_size), (size as u64, target.len() as u64));
        target
    }

    #[test]
    fn what_is_sealed_opens_to_the_same_bytes_at_every_size_around_a_chunk() {
        let key = ObjectKey::generate();
        for size in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK - 1, 2 * CHUNK, 2 * CHUNK + 1] {
            let mut reader = SealedReader::open(&key, Cursor::new(sealed(&key, size))).unwrap();
            let mut opened = Vec::new();
            reader.read_to_end(&mut opened).unwrap();
            assert_eq!(opened, content(size));
            assert_eq!((reader.size(), reader.error()), (size as u64, None));
        }
    }

    #[test]
    fn another_key_does_not_open_it() {
        let file = Cursor::new(sealed(&ObjectKey::generate(), 10));
        assert!(matches!(SealedReader::open(&ObjectKey::generate(), file), Err(Error::Broken(_))));
    }

    #[test]
    fn a_failure_sticks_even_where_the_bytes_are_good() {
        let key = ObjectKey::generate();
        let mut file = sealed(&key, 3 * CHUNK);
        let middle = file.len() - 2 * CHUNK;
        file[middle] ^= 1;
        let mut reader = SealedReader::open(&key, Cursor::new(file)).unwrap();
        let mut buffer = vec![0; CHUNK];
        reader.read_exact(&mut buffer).unwrap();
        assert!(reader.read(&mut buffer).is_err());
        reader.rewind().unwrap();
        assert!(reader.read(&mut buffer).is_err());
        assert!(reader.error().unwrap().starts_with("the seal is broken at byte 65536"), "{:?}", reader.error());
    }

    #[test]
    fn seeking_beyond_the_end_reads_nothing_and_breaks_nothing() {
        let key = ObjectKey::generate();
        let mut reader = SealedReader::open(&key, Cursor::new(sealed(&key, CHUNK))).unwrap();
        assert_eq!(reader.seek(SeekFrom::End(1000)).unwrap(), 1000 + CHUNK as u64);
        assert_eq!(reader.read(&mut [0; 10]).unwrap(), 0);
        assert!(reader.seek(SeekFrom::Current(-(1 << 40))).is_err());
        assert_eq!(reader.error(), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn any_walk_through_the_file_reads_what_the_recording_holds(
            size in prop_oneof![0_usize..4 * CHUNK, Just(CHUNK), Just(2 * CHUNK)],
            walk in prop::collection::vec((0_usize..5 * CHUNK, 0_usize..2 * CHUNK), 1..20),
        ) {
            let (key, plain) = (ObjectKey::generate(), content(size));
            let mut reader = SealedReader::open(&key, Cursor::new(sealed(&key, size))).unwrap();
            for (at, length) in walk {
                reader.seek(SeekFrom::Start(at as u64)).unwrap();
                let mut buffer = vec![0; length];
                let read = reader.read(&mut buffer).unwrap();
                let begin = at.min(size);
                prop_assert_eq!(&buffer[..read], &plain[begin..(begin + length).min(size)]);
            }
        }
    }
}
