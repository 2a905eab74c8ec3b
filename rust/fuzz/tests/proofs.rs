//! Merkle proofs that strangers made up: none shows an entry that the tree does not hold.

use redact_core::merkle::{extends, includes, leaf_hash, root};

const SIZE: usize = 37;

type Made = (u8, Vec<u8>, Vec<[u8; 32]>);

#[test]
fn no_made_up_proof_shows_an_entry_or_a_history() {
    let leaves: Vec<_> = (0..SIZE).map(|at| leaf_hash(&at.to_le_bytes())).collect();
    let (whole, before) = (root(&leaves), root(&leaves[..20]));
    bolero::check!().with_type::<Made>().for_each(|(at, entry, proof)| {
        let (at, leaf) = (usize::from(*at), leaf_hash(entry));
        assert!(!includes(&whole, SIZE, at, &leaf, proof) || leaves.get(at) == Some(&leaf));
        assert!(!includes(&leaf, SIZE, at, &whole, proof));
        assert!(!extends(at, &leaf, SIZE, &whole, proof) || at == 0);
        assert!(!extends(20, &before, at, &leaf, proof) || leaf == before);
    });
}
