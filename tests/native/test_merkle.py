"""Merkle trees across the border: the kernel's proofs hold, and what is no hash is refused."""

import hashlib

import numpy as np
import pytest

from bodycam_pipeline import _native

FRAMES = np.random.default_rng(1).integers(0, 256, (37, 32), dtype=np.uint8)


def test_a_leaf_is_the_hash_of_a_zero_byte_and_the_entry() -> None:
    assert _native.merkle_leaf(b"entry") == hashlib.sha256(b"\x00entry").digest()
    assert _native.merkle_leaves(FRAMES.tobytes()) == b"".join(_native.merkle_leaf(row.tobytes()) for row in FRAMES)
    assert _native.merkle_leaves(b"abcdef", width=3) == _native.merkle_leaf(b"abc") + _native.merkle_leaf(b"def")


def test_two_leaves_hash_to_the_node_above_them() -> None:
    left, right = _native.merkle_leaf(b"a"), _native.merkle_leaf(b"b")
    assert _native.merkle_root(left + right) == hashlib.sha256(b"\x01" + left + right).digest()
    assert _native.merkle_root(b"") == hashlib.sha256(b"").digest()


@pytest.mark.parametrize("index", [0, 1, 31, 32, 36])
def test_a_frame_is_proved_and_another_one_is_not(index: int) -> None:
    leaves = _native.merkle_leaves(FRAMES.tobytes())
    root, proof = _native.merkle_root(leaves), _native.merkle_inclusion(leaves, index)
    leaf = _native.merkle_leaf(FRAMES[index].tobytes())
    assert _native.merkle_includes(root, len(FRAMES), index, leaf, proof)
    assert not _native.merkle_includes(root, len(FRAMES), index, _native.merkle_leaf(b"another"), proof)
    assert not _native.merkle_includes(root, len(FRAMES), index, leaf, proof[:-1])


@pytest.mark.parametrize("old", [1, 2, 21, 32, 37])
def test_a_longer_tree_is_proved_to_begin_with_a_shorter_one(old: int) -> None:
    leaves = _native.merkle_leaves(FRAMES.tobytes())
    before, after = _native.merkle_root(leaves[: 32 * old]), _native.merkle_root(leaves)
    proof = _native.merkle_consistency(leaves, old)
    assert _native.merkle_extends(old, before, len(FRAMES), after, proof)
    assert not _native.merkle_extends(old, after, len(FRAMES), before, proof) or old == len(FRAMES)


def test_the_ranges_are_those_of_the_proofs() -> None:
    leaves = _native.merkle_leaves(FRAMES.tobytes())

    def roots(ranges: list[tuple[int, int]]) -> list[bytes]:
        return [_native.merkle_root(leaves[32 * first : 32 * end]) for first, end in ranges]

    assert roots(_native.merkle_inclusion_ranges(20, 37)) == _native.merkle_inclusion(leaves, 20)
    assert roots(_native.merkle_consistency_ranges(21, 37)) == _native.merkle_consistency(leaves, 21)


def test_refuses_what_is_no_hash_and_what_is_not_there() -> None:
    with pytest.raises(ValueError, match="not hashes"):
        _native.merkle_root(bytes(33))
    with pytest.raises(ValueError, match="not entries"):
        _native.merkle_leaves(bytes(32), width=0)
    with pytest.raises(ValueError, match="no such leaf"):
        _native.merkle_inclusion(bytes(32), 1)
    with pytest.raises(ValueError, match="not empty"):
        _native.merkle_consistency(bytes(32), 0)
    with pytest.raises((ValueError, TypeError)):
        _native.merkle_includes(bytes(31), 1, 0, bytes(32), [])
