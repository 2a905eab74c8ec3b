//! Sealed recordings: pure Rust, no Python, no unsafe code.
//!
//! A recording is sealed as one age v1 file (C2SP `age`) to a key of its own, and that key, wrapped to the people who
//! may open it, lies beside it. Changing who may open a recording rewrites the small file; destroying the small file
//! destroys the recording. Stock `age` opens both.

#![forbid(unsafe_code)]

mod direct;
mod error;
mod files;
mod key;
mod open;
mod seal;

pub use error::{Error, Result};
pub use files::{digest, digest_file, seal_file};
pub use key::{ObjectKey, Recipient, new_recipient};
pub use open::SealedReader;
pub use seal::{Sealed, seal};
