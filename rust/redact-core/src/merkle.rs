//! Merkle trees of RFC 6962, section 2.1: one root for many entries, proofs that an entry is below it and that a
//! larger tree only added to a smaller one.
//!
//! A proof is first a list of ranges of leaves, which depends on sizes alone; whoever holds the leaves, or the tiles of
//! a log, turns each range into the hash above it. Leaves here are leaf *hashes* ([`leaf_hash`] of an entry).

use std::ops::Range;

use sha2::{Digest, Sha256};

/// A SHA-256 hash in the tree.
pub type Hash = [u8; 32];

/// The hash of an entry: SHA-256 over a zero byte and the entry, so that no entry can pass for a node.
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(entry).finalize().into()
}

/// The hash of two subtrees: SHA-256 over a one byte, left and right.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The root over leaf hashes; over none, the hash of nothing.
#[must_use]
pub fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Sha256::digest([]).into(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node_hash(&root(left), &root(right))
        }
    }
}

/// The ranges of leaves whose hashes prove, from the leaf up, that the leaf `index` is in a tree of `size`: `PATH` of
/// RFC 6962, 2.1.1. None where there is no such leaf.
#[must_use]
pub fn inclusion_ranges(index: usize, size: usize) -> Option<Vec<Range<usize>>> {
    let (mut tree, mut ranges) = (0..size, Vec::new());
    if index >= size {
        return None;
    }
    while tree.len() > 1 {
        let middle = tree.start + split(tree.len());
        let (inside, beside) = halves(&tree, middle, index < middle);
        ranges.push(beside);
        tree = inside;
    }
    ranges.reverse();
    Some(ranges)
}

/// The ranges whose hashes prove that the tree of `new` leaves begins with the tree of `old`: `PROOF` of RFC 6962,
/// 2.1.2. None for an empty or a larger old tree, which no proof can tie to the new one.
#[must_use]
pub fn consistency_ranges(old: usize, new: usize) -> Option<Vec<Range<usize>>> {
    if old == 0 || old > new {
        return None;
    }
    let (mut tree, mut ranges) = (0..new, Vec::new());
    while tree.end != old {
        let middle = tree.start + split(tree.len());
        let (inside, beside) = halves(&tree, middle, old <= middle);
        ranges.push(beside);
        tree = inside;
    }
    if tree.start > 0 {
        ranges.push(tree); // else it is the old tree itself, whose root the verifier has
    }
    ranges.reverse();
    Some(ranges)
}

/// Whether a proof shows that `leaf` is number `index` of the `size` leaves below `root` (RFC 9162, 2.1.3.2).
#[must_use]
pub fn includes(root: &Hash, size: usize, index: usize, leaf: &Hash, proof: &[Hash]) -> bool {
    let Some(ranges) = inclusion_ranges(index, size) else { return false };
    if ranges.len() != proof.len() {
        return false;
    }
    let above = |below: Hash, (range, hash): (&Range<usize>, &Hash)| {
        if range.start > index { node_hash(&below, hash) } else { node_hash(hash, &below) }
    };
    ranges.iter().zip(proof).fold(*leaf, above) == *root
}

/// Whether a proof shows that the tree of `new` leaves below `new_root` begins with that of `old` below `old_root`
/// (RFC 9162, 2.1.4.2). An empty old tree is the beginning of every tree, and proves nothing: it is refused.
#[must_use]
pub fn extends(old: usize, old_root: &Hash, new: usize, new_root: &Hash, proof: &[Hash]) -> bool {
    let Some(ranges) = consistency_ranges(old, new) else { return false };
    if ranges.len() != proof.len() {
        return false;
    }
    let mut parts = ranges.iter().zip(proof);
    // The largest whole subtree at the old tree's end: told by the proof, unless it is the whole old tree.
    let last = if old.is_power_of_two() || old == new { old_root } else { parts.next().map_or(old_root, |(_, h)| h) };
    let (mut was, mut is) = (*last, *last);
    for (range, hash) in parts {
        if range.start >= old {
            is = node_hash(&is, hash);
        } else {
            was = node_hash(hash, &was);
            is = node_hash(hash, &is);
        }
    }
    was == *old_root && is == *new_root
}

/// The largest power of two below `size`, which is at least 2.
fn split(size: usize) -> usize {
    1 << (size - 1).ilog2()
}

fn halves(tree: &Range<usize>, middle: usize, first: bool) -> (Range<usize>, Range<usize>) {
    let (left, right) = (tree.start..middle, middle..tree.end);
    if first { (left, right) } else { (right, left) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The entries and roots that certificate-transparency implementations test with (`MerkleTreeTest` of Google's).
    const ENTRIES: [&str; 8] =
        ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
    const ROOTS: [&str; 9] = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    }

    fn leaves(count: usize) -> Vec<Hash> {
        (0..count).map(|number| leaf_hash(&number.to_be_bytes())).collect()
    }

    fn hashes(leaves: &[Hash], ranges: Vec<Range<usize>>) -> Vec<Hash> {
        ranges.into_iter().map(|range| root(&leaves[range])).collect()
    }

    #[test]
    fn the_roots_are_those_of_certificate_transparency() {
        let leaves: Vec<Hash> = ENTRIES.iter().map(|entry| leaf_hash(&bytes(entry))).collect();
        for (size, known) in ROOTS.iter().enumerate() {
            assert_eq!(root(&leaves[..size]).to_vec(), bytes(known), "{size} leaves");
        }
    }

    #[test]
    fn the_proofs_have_the_shape_of_the_example_in_the_rfc() {
        assert_eq!(inclusion_ranges(0, 7).unwrap(), [1..2, 2..4, 4..7]);
        assert_eq!(inclusion_ranges(6, 7).unwrap(), [4..6, 0..4]);
        assert_eq!(consistency_ranges(3, 7).unwrap(), [2..3, 3..4, 0..2, 4..7]);
        assert_eq!(consistency_ranges(4, 7).unwrap(), vec![4..7]);
        assert_eq!(consistency_ranges(6, 7).unwrap(), [4..6, 6..7, 0..4]);
        assert_eq!(consistency_ranges(7, 7).unwrap(), []);
    }

    #[test]
    fn every_leaf_of_every_small_tree_is_proved_and_nothing_else() {
        let all = leaves(40);
        for size in 1..all.len() {
            let tree = &all[..size];
            let top = root(tree);
            for index in 0..size {
                let proof = hashes(tree, inclusion_ranges(index, size).unwrap());
                assert!(includes(&top, size, index, &tree[index], &proof));
                assert!(!includes(&top, size, (index + 1) % size, &tree[index], &proof) || size == 1);
                assert!(!includes(&top, size, index, &all[size], &proof));
            }
            assert_eq!(inclusion_ranges(size, size), None);
        }
    }

    #[test]
    fn every_small_tree_is_proved_to_extend_every_smaller_one() {
        let all = leaves(40);
        for new in 1..all.len() {
            for old in 1..=new {
                let proof = hashes(&all, consistency_ranges(old, new).unwrap());
                let (before, after) = (root(&all[..old]), root(&all[..new]));
                assert!(extends(old, &before, new, &after, &proof), "{old} to {new}");
                assert!(!extends(old, &after, new, &before, &proof) || old == new, "{old} to {new}");
            }
        }
        assert!(!extends(0, &root(&[]), 3, &root(&all[..3]), &[]));
        assert!(!extends(4, &root(&all[..4]), 3, &root(&all[..3]), &[]));
    }

    proptest! {
        #[test]
        fn a_changed_proof_is_refused(size in 2_usize..300, at in 0_usize..300, flip in 0_usize..10_000, cut in 0..3) {
            let tree = leaves(size);
            let (index, top) = (at % size, root(&tree));
            let mut proof = hashes(&tree, inclusion_ranges(index, size).unwrap());
            let bit = flip % (proof.len() * 256);
            match cut {
                0 => proof[bit / 256][bit / 8 % 32] ^= 1 << (bit % 8),
                1 => drop(proof.pop()),
                _ => proof.push(top),
            }
            prop_assert!(!includes(&top, size, index, &tree[index], &proof));
        }

        #[test]
        fn a_rewritten_past_is_refused(
            new in 2_usize..300, before in 1_usize..300, at in 0_usize..300, flip in 0_usize..10_000
        ) {
            let old = 1 + before % (new - 1);
            let (honest, mut forged) = (leaves(new), leaves(new));
            forged[at % old][0] ^= 1;
            let ranges = consistency_ranges(old, new).unwrap();
            let mut proof = hashes(&forged, ranges.clone());
            prop_assert!(!extends(old, &root(&honest[..old]), new, &root(&forged), &proof));
            proof = hashes(&honest, ranges);
            let bit = flip % (proof.len() * 256);
            proof[bit / 256][bit / 8 % 32] ^= 1 << (bit % 8);
            prop_assert!(!extends(old, &root(&honest[..old]), new, &root(&honest), &proof));
        }
    }
}
