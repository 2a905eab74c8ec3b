"""Read the few header bits that containers do not tell."""


class Bits:
    """Bits of an H.264 or HEVC payload, most significant first, emulation bytes removed.

    Reading past the end gives zeros: a broken header leads to a wrong but harmless answer, never to an exception.
    """

    def __init__(self, payload: bytes) -> None:
        cleaned = payload.replace(b"\0\0\3", b"\0\0")
        self._value = int.from_bytes(cleaned, "big")
        self._left = len(cleaned) * 8

    @property
    def left(self) -> int:
        """How many bits are left; negative where more were read than there were."""
        return self._left

    def rest(self) -> int:
        """The bits that are left, as an unsigned number, without taking them."""
        return self._value & ((1 << max(self._left, 0)) - 1)

    def take(self, count: int) -> int:
        """The next ``count`` bits as an unsigned number."""
        self._left -= count
        shifted = self._value >> self._left if self._left >= 0 else self._value << -self._left
        return shifted & ((1 << count) - 1)

    def golomb(self) -> int:
        """One ``ue(v)`` (ITU-T H.264, 9.1)."""
        zeros = 0
        while zeros < 32 and not self.take(1):
            zeros += 1
        return (1 << zeros) - 1 + self.take(zeros)

    def signed_golomb(self) -> int:
        """One ``se(v)``."""
        code = self.golomb()
        return (code + 1) // 2 if code % 2 else -(code // 2)
