"""A tree that grows: what of its past is kept to prove its future, 32 bytes for each power of two in its size."""

from dataclasses import dataclass, field

from bodycam_pipeline import _native


@dataclass
class Frontier:
    """The roots of the whole subtrees that an RFC 6962 tree ends in, the largest first.

    Attributes:
        size: Leaves so far.
    """

    size: int = 0
    _nodes: list[bytes] = field(default_factory=list)

    def grown(self, leaves: list[bytes]) -> "Frontier":
        """The tree with these leaves behind; this one stays as it is."""
        grown = Frontier(self.size, list(self._nodes))
        for leaf in leaves:
            grown._add(leaf)
        return grown

    def root(self) -> bytes:
        """The hash above all leaves."""
        if not self._nodes:
            return _native.merkle_root(b"")
        *lefts, root = self._nodes
        for left in reversed(lefts):
            root = _native.merkle_root(left + root)
        return root

    def _add(self, node: bytes) -> None:
        self.size += 1
        width = self.size
        while width % 2 == 0:
            node = _native.merkle_root(self._nodes.pop() + node)
            width //= 2
        self._nodes.append(node)
