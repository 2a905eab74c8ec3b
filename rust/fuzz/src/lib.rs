//! What the targets below `tests/` share. They build with the stable compiler: bolero throws random input by itself, and
//! `cargo bolero test` drives the same targets with libFuzzer.

/// The bytes with some of them changed, and cut off where a change says so.
#[must_use]
pub fn damaged(whole: &[u8], changes: &[(u32, u8)], cut: bool) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    for &(at, value) in changes {
        let at = at as usize % bytes.len().max(1);
        if let Some(byte) = bytes.get_mut(at) {
            *byte = value;
        }
    }
    if let Some(&(at, _)) = changes.first().filter(|_| cut) {
        bytes.truncate(at as usize % bytes.len().max(1));
    }
    bytes
}
