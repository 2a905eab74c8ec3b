"""Read the few header bits that containers do not tell."""

MOST_BITS = 64
"""No syntax element that is read here is longer; a count that a file chose is never a number of bits to build."""

_MOST_ZEROS = 31
"""Before the first 1 of the longest code, that of 2^32 - 2 (ITU-T H.264, 9.1)."""

LARGEST_CODE = (1 << 32) - 2


class Bits:
    """Bits of an H.264 or HEVC payload, most significant first, emulation bytes removed.

    Whatever the payload holds, reading it costs no more than its length, and never ends in an exception: past the end
    there are zeros, and a number outside its range reads as 0.

    Attributes:
        broken: Whether more was read than there was, or a number was not one that the standard allows.
    """

    def __init__(self, payload: bytes) -> None:
        cleaned = payload.replace(b"\0\0\3", b"\0\0")
        self._text = f"{int.from_bytes(cleaned, 'big'):0{len(cleaned) * 8}b}" if cleaned else ""
        self._at = 0
        self.broken = False

    @property
    def left(self) -> int:
        """How many bits are left; negative where more were read than there were."""
        return len(self._text) - self._at

    def taken(self) -> str:
        """All bits that were taken so far, as digits."""
        return self._text[: self._at]

    def rest(self) -> int:
        """The bits that are left, as an unsigned number, without taking them."""
        return int(self._text[self._at :] or "0", 2)

    def take(self, count: int) -> int:
        """The next ``count`` bits as an unsigned number.

        Raises:
            ValueError: more than `MOST_BITS`: whoever asks has not checked where the count comes from.
        """
        if count > MOST_BITS:
            raise ValueError(f"{count} bits are more than any number has")
        begin, self._at = self._at, self._at + count
        self.broken |= self.left < 0
        return int(self._text[begin : self._at].ljust(count, "0") or "0", 2)

    def golomb(self, most: int = LARGEST_CODE) -> int:
        """One ``ue(v)`` (ITU-T H.264, 9.1) that the standard lets go up to ``most``."""
        one = self._text.find("1", self._at, self._at + _MOST_ZEROS + 1)
        if one < 0:
            self._at += _MOST_ZEROS + 1
            self.broken = True
            return 0
        zeros, self._at = one - self._at, one + 1
        value = (1 << zeros) - 1 + self.take(zeros)
        if value > most:
            self.broken = True
            return 0
        return value

    def signed_golomb(self, least: int = -(1 << 31) + 1, most: int = (1 << 31) - 1) -> int:
        """One ``se(v)`` that the standard lets go from ``least`` to ``most``."""
        code = self.golomb()
        value = (code + 1) // 2 if code % 2 else -(code // 2)
        self.broken |= not least <= value <= most
        return value if least <= value <= most else 0
