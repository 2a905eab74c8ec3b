//! The digest by which a released frame is named: SHA-256 over its packed planes.

use sha2::{Digest, Sha256};

use crate::Frame;

/// SHA-256 over luma, blue, red: rows cut to their width, no padding, as `ffmpeg -f framehash -hash sha256` counts
/// them.
#[must_use]
pub fn digest(frame: &Frame<'_>) -> [u8; 32] {
    let mut sha = Sha256::new();
    for plane in frame.planes {
        match plane.packed() {
            Some(samples) => sha.update(samples),
            None => plane.rows().for_each(|row| sha.update(row)),
        }
    }
    sha.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_does_not_count() {
        let packed = Frame::new([b"abcdef", b"gh", b"ij"], [3, 2, 2], 3, 2).unwrap();
        let padded = Frame::new([b"abc?def", b"gh", b"ij"], [4, 2, 2], 3, 2).unwrap();
        assert_eq!(digest(&packed), digest(&padded));
        assert_eq!(digest(&packed), <[u8; 32]>::from(Sha256::digest(b"abcdefghij")));
    }
}
