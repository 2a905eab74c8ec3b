//! Everything this crate refuses, one variant each: match these, never their text.

use std::io;

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why something was not sealed or not opened.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The recording could not be read to its end.
    #[error("the recording cannot be read: {0}")]
    Source(io::Error),
    /// The sealed file could not be written, or does not read back as it was written.
    #[error("the sealed file cannot be written: {0}")]
    Target(io::Error),
    /// What the disk gives back is not what was written to it.
    #[error("the sealed file does not read back as it was written")]
    ReadBack,
    /// Whoever waits wants to go.
    #[error("stopped before the end")]
    Stopped,
    /// No identity given opens the key.
    #[error("none of the identities opens this key")]
    NoMatchingIdentity,
    /// A key file that was changed, cut or never was one.
    #[error("the key beside the recording is damaged: {0}")]
    KeyDamaged(String),
    /// A suite that this version does not speak.
    #[error("the recording is sealed by suite {0}, which this version does not open")]
    Suite(String),
    /// Text that is no age recipient or identity.
    #[error("not an age {0}")]
    NotAnAge(&'static str),
    /// Nobody could ever open it.
    #[error("a key is wrapped to at least one recipient")]
    NoRecipient,
    /// A sealed file that was changed, cut, or belongs to another key.
    #[error("the seal is broken: {0}")]
    Broken(String),
}
