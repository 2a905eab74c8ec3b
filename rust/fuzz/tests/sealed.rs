//! A sealed recording that somebody touched is refused, or reads as what was sealed: never as anything else.

use std::io::{Cursor, Read};

use fuzz::damaged;
use vault_core::{ObjectKey, SealedReader, seal};

const SIZE: usize = (1 << 16) + 1000;

fn content() -> Vec<u8> {
    (0..SIZE).map(|at| u8::try_from(at % 251).expect("below 251")).collect()
}

#[test]
fn a_damaged_recording_never_reads_as_another() {
    let (key, plain) = (ObjectKey::generate(), content());
    let mut sealed = Vec::new();
    seal(&key, &plain[..], &mut sealed, &mut || false).expect("a vector takes everything");
    bolero::check!().with_type::<(Vec<(u32, u8)>, bool)>().for_each(|(changes, cut)| {
        let Ok(mut reader) = SealedReader::open(&key, Cursor::new(damaged(&sealed, changes, *cut))) else { return };
        let mut read = Vec::new();
        match reader.read_to_end(&mut read) {
            Ok(_) => assert_eq!(read, plain),
            Err(_) => assert!(reader.error().is_some() && plain.starts_with(&read)),
        }
    });
}

#[test]
fn strange_bytes_are_no_recording() {
    let key = ObjectKey::generate();
    bolero::check!().for_each(|bytes: &[u8]| assert!(SealedReader::open(&key, Cursor::new(bytes)).is_err()));
}
