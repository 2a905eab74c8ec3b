//! Files written and read past the system's page cache: what is read back is what the disk holds, nothing is copied twice,
//! and a night's ingest does not push everything else out of memory.
//!
//! A file system that does not offer this (`O_DIRECT`) is used through its cache, without an error: sealing and reading
//! back are the same work there, and only slower. After `fsync` the cache is then asked to forget the file, so that a disk
//! answers; what lies in memory alone (tmpfs) answers from there.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::num::NonZeroU64;
use std::ops::{Deref, DerefMut};

use rustix::fs::{Advice, OFlags, fadvise, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;

/// Written and read at once: large enough that a disk is asked seldom, small enough to stay in a core's cache.
const BLOCK_BYTES: usize = 1 << 20;
/// Forgotten at once behind a reader.
const FORGET_BYTES: u64 = 8 << 20;
/// Of memory, places and lengths: the largest logical sector of disks. Where more is wanted, the cache is used.
const ALIGNMENT: usize = 4096;

/// Memory that begins where a disk can reach it.
pub(crate) struct Block {
    memory: Vec<u8>,
    begin: usize,
}

impl Block {
    pub(crate) fn new() -> Self {
        let memory = vec![0; BLOCK_BYTES + ALIGNMENT];
        let begin = memory.as_ptr().align_offset(ALIGNMENT).min(ALIGNMENT);
        Self { memory, begin }
    }
}

impl Deref for Block {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.memory[self.begin..self.begin + BLOCK_BYTES]
    }
}

impl DerefMut for Block {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.memory[self.begin..self.begin + BLOCK_BYTES]
    }
}

/// A file past the cache where its file system allows that; whatever it refuses so is done through the cache.
pub(crate) struct Direct {
    file: File,
    direct: bool,
}

impl Direct {
    pub(crate) fn new(file: File) -> Self {
        let direct = set_direct(&file, true).is_ok();
        Self { file, direct }
    }

    /// A file to be read from the disk, from its beginning to its end.
    pub(crate) fn from_disk(file: File) -> Self {
        let _ = fadvise(&file, 0, None, Advice::Sequential);
        let _ = fadvise(&file, 0, None, Advice::DontNeed);
        Self::new(file)
    }

    fn through_cache(&mut self) -> io::Result<()> {
        if self.direct {
            set_direct(&self.file, false)?;
            self.direct = false;
        }
        Ok(())
    }

    fn attempt(&mut self, mut act: impl FnMut(&mut File) -> io::Result<usize>) -> io::Result<usize> {
        match act(&mut self.file) {
            Err(error) if self.direct && error.raw_os_error() == Some(Errno::INVAL.raw_os_error()) => {
                self.through_cache()?;
                act(&mut self.file)
            }
            done => done,
        }
    }
}

impl Read for Direct {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.attempt(|file| file.read(buffer))
    }
}

/// A file that is read once, ahead through the page cache, which forgets behind the reader what nobody asks for again.
pub(crate) struct ReadOnce {
    file: File,
    position: u64,
    forgotten: u64,
}

impl ReadOnce {
    pub(crate) fn new(file: File) -> Self {
        let _ = fadvise(&file, 0, None, Advice::Sequential);
        Self { file, position: 0, forgotten: 0 }
    }
}

impl Read for ReadOnce {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.position += read as u64;
        let behind = self.position - self.forgotten;
        if behind >= FORGET_BYTES {
            let _ = fadvise(&self.file, self.forgotten, NonZeroU64::new(behind), Advice::DontNeed);
            self.forgotten = self.position;
        }
        Ok(read)
    }
}

/// Gathers what is written into blocks. Flushing writes the odd end through the cache, where any length can be written.
pub(crate) struct BlockWriter {
    target: Direct,
    block: Block,
    filled: usize,
}

impl BlockWriter {
    pub(crate) fn new(file: File) -> Self {
        Self { target: Direct::new(file), block: Block::new(), filled: 0 }
    }

    /// Everything is on the disk once this returns.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        self.flush()?;
        self.target.file.sync_all()
    }

    fn put(&mut self, from: usize, to: usize) -> io::Result<()> {
        let mut rest = &self.block[from..to];
        while !rest.is_empty() {
            match self.target.attempt(|file| file.write(rest)) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => rest = &rest[written..],
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl Write for BlockWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(BLOCK_BYTES - self.filled);
        self.block[self.filled..self.filled + taken].copy_from_slice(&bytes[..taken]);
        self.filled += taken;
        if self.filled == BLOCK_BYTES {
            self.put(0, BLOCK_BYTES)?;
            self.filled = 0;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        let whole = self.filled - self.filled % ALIGNMENT;
        self.put(0, whole)?;
        if whole < self.filled {
            self.target.through_cache()?;
            self.put(whole, self.filled)?;
        }
        self.filled = 0;
        Ok(())
    }
}

fn set_direct(file: &File, on: bool) -> rustix::io::Result<()> {
    let mut flags = fcntl_getfl(file)?;
    flags.set(OFlags::DIRECT, on);
    fcntl_setfl(file, flags)
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;

    fn content(size: usize) -> Vec<u8> {
        (0..size).map(|at| u8::try_from(at * 31 % 251).unwrap()).collect()
    }

    fn new_file(path: &Path) -> File {
        OpenOptions::new().read(true).write(true).create_new(true).open(path).unwrap()
    }

    fn read_back(mut file: impl Read) -> Vec<u8> {
        let (mut all, mut block) = (Vec::new(), Block::new());
        while let read @ 1.. = file.read(&mut block).unwrap() {
            all.extend_from_slice(&block[..read]);
        }
        all
    }

    #[test]
    fn a_block_begins_where_a_disk_can_reach_it() {
        let block = Block::new();
        assert_eq!((block.as_ptr().addr() % ALIGNMENT, block.len()), (0, BLOCK_BYTES));
    }

    #[test]
    fn what_offers_no_way_past_the_cache_is_used_through_it() {
        let mut nowhere = Direct::new(OpenOptions::new().read(true).write(true).open("/dev/null").unwrap());
        assert!(!nowhere.direct);
        assert_eq!(nowhere.read(&mut [0; 10]).unwrap(), 0);
    }

    #[test]
    fn a_length_that_the_disk_refuses_is_read_through_the_cache() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = new_file(&folder.path().join("file"));
        file.write_all(&content(10_000)).unwrap();
        file.sync_all().unwrap();
        let (mut file, mut odd) = (Direct::from_disk(File::open(folder.path().join("file")).unwrap()), [0; 7]);
        assert_eq!(file.read(&mut odd).unwrap(), 7);
        assert_eq!([&odd[..], &read_back(file)].concat(), content(10_000));
    }

    #[test]
    fn what_is_forgotten_behind_the_reader_was_read() {
        let folder = tempfile::tempdir().unwrap();
        let (path, all) = (folder.path().join("file"), content(usize::try_from(2 * FORGET_BYTES).unwrap() + 77));
        std::fs::write(&path, &all).unwrap();
        let mut file = ReadOnce::new(File::open(&path).unwrap());
        let mut read = Vec::new();
        file.read_to_end(&mut read).unwrap();
        assert!(read == all);
        assert!(file.forgotten >= FORGET_BYTES);
        assert!(std::fs::read(&path).unwrap() == all);
    }

    #[test]
    fn a_disk_that_is_full_is_an_error_and_not_a_short_file() {
        let mut writer = BlockWriter::new(OpenOptions::new().write(true).open("/dev/full").unwrap());
        writer.write_all(&content(10)).unwrap();
        assert_eq!(writer.sync().unwrap_err().kind(), ErrorKind::StorageFull);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
        #[test]
        fn any_pieces_are_on_the_disk_in_their_order(
            pieces in prop::collection::vec((0_usize..BLOCK_BYTES + 5000, any::<bool>()), 0..6),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let (path, mut all) = (folder.path().join("file"), Vec::new());
            let mut writer = BlockWriter::new(new_file(&path));
            for (size, flush) in pieces {
                let piece = content(size);
                writer.write_all(&piece).unwrap();
                if flush {
                    writer.flush().unwrap();
                }
                all.extend(piece);
            }
            writer.sync().unwrap();
            prop_assert!(read_back(Direct::from_disk(File::open(&path).unwrap())) == all);
            prop_assert!(std::fs::read(&path).unwrap() == all);
        }
    }
}
