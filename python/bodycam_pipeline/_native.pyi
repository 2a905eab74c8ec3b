"""The compiled kernels: what they take, what they promise, what they refuse.

Every function releases the GIL, keeps no reference to what it was given, and checks everything before the first byte
changes: a refused call leaves its arguments as they were.

Pixels are 8-bit planar 4:2:0 (``yuv420p``/``yuvj420p``): a luma plane of ``height`` rows and two chroma planes of
``ceil(height / 2)`` rows of ``ceil(width / 2)`` samples, each row ``stride`` bytes from the next.
"""

from collections.abc import Sequence
from os import PathLike
from typing import Literal, Protocol, Self, TypeAlias, final

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Buffer

_Matrix: TypeAlias = Literal["bt601", "bt709"]

__all__ = [
    "HEADS",
    "SHIPPING_STYLES",
    "STYLES",
    "Letterbox",
    "ObjectKey",
    "Planes",
    "Pyramid",
    "SealedFile",
    "ToneMap",
    "__version__",
    "blake3_file",
    "build_profile",
    "decode_head",
    "frame_block_means",
    "frame_digest",
    "lock_process",
    "merkle_consistency",
    "merkle_consistency_ranges",
    "merkle_extends",
    "merkle_includes",
    "merkle_inclusion",
    "merkle_inclusion_ranges",
    "merkle_leaf",
    "merkle_leaves",
    "merkle_root",
    "new_identity",
    "redact",
    "residual",
    "suppress",
]

__version__: str
HEADS: tuple[str, ...]
"""Every head that ``decode_head`` knows."""
STYLES: tuple[str, ...]
"""Every style that ``redact`` knows, the strongest first: where regions overlap, it paints."""
SHIPPING_STYLES: tuple[str, ...]
"""Those of them that a release may use: none reads a sample that it hides."""
build_profile: Literal["debug", "release"]

@final
class Planes:
    """The three planes of one frame, borrowed for as long as this object lives (zero copies)."""

    def __new__(
        cls,
        luma: Buffer,
        blue: Buffer,
        red: Buffer,
        *,
        strides: tuple[int, int, int],
        width: int,
        height: int,
    ) -> Planes:
        """Borrow three C-contiguous byte buffers.

        Args:
            luma: ``height`` rows of ``width`` samples, ``strides[0]`` bytes apart.
            blue: The Cb plane.
            red: The Cr plane.
            strides: Bytes from one row to the next, per plane; at least the row's width.
            width: Luma samples in a row, >= 1.
            height: Luma rows, >= 1.

        Raises:
            BufferError: a buffer is not C-contiguous bytes, or too small for its stride and rows.
            ValueError: a stride below its row's width, or a width or height below 1.
        """

    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def writable(self) -> bool:
        """Whether all three buffers may be written to."""

@final
class ToneMap:
    """From ten-bit HDR to eight-bit BT.709, by a table that is the same on every machine."""

    def __new__(cls, transfer: Literal["hlg", "pq"], *, wide: bool, full_range: bool) -> ToneMap:
        """Make the table.

        Args:
            transfer: How light was coded.
            wide: Whether primaries and matrix are those of BT.2020, and not of BT.709.
            full_range: Whether samples use 0..1023, and not 64..940.

        Raises:
            ValueError: another transfer.
        """

    def apply(self, source: Planes, target: Planes) -> None:
        """Map a frame.

        Args:
            source: ``yuv420p10le`` as bytes: its width is four times half the target's, rounded up.
            target: Written to, of limited range.

        Raises:
            BufferError: the target cannot be written to.
            ValueError: sizes that do not match.
        """

@final
class Pyramid:
    """The luma of one frame, upright, at sizes that halve: what boxes are followed on.

    The finest level has at most 960 samples along its longer side. Levels are means of two by two samples. Memory:
    at most 0.7 MB a frame.
    """

    def __new__(cls, planes: Planes, *, orientation: int = 1) -> Pyramid:
        """Make the levels of a frame.

        Args:
            planes: The coded frame.
            orientation: How to turn it upright, as EXIF 2.3 numbers it, 1..8.

        Raises:
            ValueError: another orientation.
        """

    def small(self, longest: int) -> NDArray[np.uint8]:
        """The first level with at most ``longest`` samples along its longer side, uint8 (height, width)."""

    def follow(
        self, to: Pyramid, place: tuple[float, float, float, float], guesses: Sequence[tuple[float, float]]
    ) -> tuple[tuple[float, float, float, float], float, float]:
        """Find in another frame what a box holds in this one, and follow it back again.

        A coarse search by correlation, then inverse compositional alignment (Baker and Matthews, 2004), up to gain and
        offset. Sums are integers or run in one fixed order: every processor gives the same bits.

        Args:
            to: The other frame, of the same size; earlier or later.
            place: Left, top, right, bottom in pixels of the upright frame.
            guesses: Moves to begin with, right and down in pixels; the one that fits best is taken.

        Returns:
            The box in the other frame; how far the step back ends from the start, in sides of the box (the geometric
            mean of width and height); the correlation of the two contents, -1..1.

        Raises:
            ValueError: a box that is empty or not finite, no guess, or frames of two sizes.
        """

    def find(
        self, to: Pyramid, place: tuple[float, float, float, float], guess: tuple[float, float]
    ) -> tuple[tuple[float, float, float, float], float, float]:
        """Look in another frame for what a box held in this one, around one place; as `follow`, without the way back.

        Returns:
            The box, 0, and the correlation there: the lower of the coarse search's and the aligned box's.

        Raises:
            ValueError: as `follow`.
        """

@final
class Letterbox:
    """Scales frames into detector tensors, upright, in one pass over the planes.

    Each frame (or its ``crop``) is turned upright, scaled by one factor to fit the target, and placed at its top left;
    the rest is ``pad``. The scaled frame's last row and column may stand for a part of a pixel, so that one factor
    holds in both directions. Chroma is taken as sited left of its two columns and half-way between its two rows. A
    written value is ``(colour - mean) * factor`` with colour in 0..255, per channel in the order of ``channels``.
    Shrinking averages the area under each target pixel; growing interpolates linearly.
    """

    def __new__(
        cls,
        *,
        orientation: int = 1,
        full_range: bool = False,
        matrix: _Matrix = "bt709",
        channels: Literal["rgb", "bgr"] = "rgb",
        mean: tuple[float, float, float] = (0.0, 0.0, 0.0),
        factor: tuple[float, float, float] = (1.0, 1.0, 1.0),
        pad: float = 0.0,
        crop: tuple[int, int, int, int] | None = None,
    ) -> Letterbox:
        """Say what a detector wants to see.

        Args:
            orientation: EXIF orientation 1..8 of the coded frame.
            full_range: Samples use 0..255 rather than 16..235/240.
            matrix: The YCbCr matrix, BT.601 or BT.709.
            channels: Order of the colour planes in the target.
            mean: Subtracted from each channel (0..255), in the order of ``channels``.
            factor: Multiplied after the mean, in the order of ``channels``.
            pad: Written outside the frame, as it is (already normalised).
            crop: Half-open ``left, top, right, bottom`` in pixels of the coded frame; None is all of it.

        Raises:
            ValueError: an unknown orientation, matrix or order of channels, a crop outside every frame.
        """

    def fill(
        self, frames: Sequence[Planes], targets: Sequence[NDArray[np.float32] | NDArray[np.uint32]]
    ) -> list[float]:
        """Write every frame into every target.

        Tables are kept for the next call with frames and targets of the same sizes.

        Args:
            frames: n frames of one size.
            targets: One C-contiguous array per scale, written in place: float32 (n, 3, H, W), or uint32 (n, H, W) whose
                numbers have the colours for bytes, the first one lowest, rounded and limited to 0..255, and a 0.

        Returns:
            For each target, target pixels per upright source pixel: divide a box by it to come back.

        Raises:
            ValueError: no frame, frames of different sizes, an empty or outside crop, a target whose shape does not
                fit.
            BufferError: a target that is not C-contiguous and writable, or given twice.
            TypeError: a target of another type.
        """

def decode_head(
    head: str,
    outputs: Sequence[NDArray[np.float32]],
    *,
    input_width: int,
    input_height: int,
    thresholds: Sequence[float],
) -> list[NDArray[np.float32]]:
    """Turn a network's raw output maps into boxes, before suppression.

    `HEADS` are the heads; what each puts out, in which order, its file under ``rust/redact-core/src/heads`` says.
    The YOLO heads look at as many of the K classes as there are thresholds, from the first on.

    Args:
        head: Which decoder.
        outputs: The arrays, C-contiguous.
        input_width: Width of the network's input, pixels.
        input_height: Height of the network's input, pixels.
        thresholds: The lowest score kept, one per kind that the head knows (``bodycam``: face, plate;
            ``bodycam2``: face, head, plate; YOLO: one per class, up to the last that is wanted; others: one).

    Returns:
        One array of shape (n, 6) per batch item: left, top, right, bottom (pixels of the network's input, not clipped),
        score 0..1, kind index. Every number is finite: size codes are clamped, so a wild one is a huge box.

    Raises:
        ValueError: wrong number of outputs or shapes that do not belong to this head and input size, a threshold
            outside 0..1, a score (or the box of a score that is kept) that is not a number: such a frame was not
            looked at, and an empty table would hide that. Of heads that end in probabilities also a score outside 0..1.
    """

def suppress(boxes: NDArray[np.float32], *, iou_limit: float) -> NDArray[np.float32]:
    """Greedy non-maximum suppression within each kind.

    Args:
        boxes: (n, 6) rows as ``decode_head`` returns them, any order.
        iou_limit: A box that overlaps a better one by more than this is dropped, 0..1.

    Returns:
        The rows kept, best score first; equal scores in the order of their coordinates, so that the result does not
        depend on the order of the input.

    Raises:
        ValueError: not of shape (n, 6), a number that is not finite, or a limit outside 0..1.
    """

def redact(
    planes: Planes,
    regions: NDArray[np.int32],
    *,
    style: str | Sequence[str],
    seeds: NDArray[np.uint64] | None = None,
    colour: tuple[int, int, int] = (16, 128, 128),
    codes: Sequence[str] | None = None,
    orientation: int = 1,
) -> None:
    """Hide regions, in place.

    `STYLES` are the styles, the strongest first; what each paints, its file under ``rust/redact-core/src/styles`` says.
    None of `SHIPPING_STYLES` reads a pixel under any of the regions, a chroma sample that covers one included; the
    others do read what they hide, and are for internal working copies only. Where regions overlap, the strongest style
    paints; of one style, the last region. A region that others enclose has no ring of its own and shares the ring
    around all of them.

    Args:
        planes: A writable frame.
        regions: (n, 4) rows left, top, right, bottom: half-open luma pixels inside the frame, not empty.
        style: How to hide all of them, or one style per region.
        seeds: One per region; needed by a style that draws from them.
        colour: Y, Cb, Cr of ``fill``; also what ``blur`` and ``mosaic`` start from where a region has no ring at all.
        codes: For ``fill``: one per region, printable ASCII, drawn in luma; "" is none. Each is as large as it fits
            whole into its region, broken before brackets and behind spaces until it is legible. The largest region
            goes first. No code touches another: it stands in the middle, else above, else below, else it is not drawn;
            nor is it where half of a region lies in one that says the same. Where regions overlap, their order does
            not show.
        orientation: EXIF 1..8, how the frame is turned for display: codes stand upright for whoever watches.

    Raises:
        BufferError: the planes cannot be written to, or share memory with one another.
        RuntimeError: another thread is inside a call with the same ``Planes``.
        ValueError: a region empty or outside the frame, a wrong shape, not one style or one seed for each region,
            ``mosaic`` without seeds, codes with another style than ``fill``, not one for each region or not printable
            ASCII, an unknown orientation.
    """

def residual(
    planes: Planes,
    regions: NDArray[np.int32],
    *,
    style: str | Sequence[str],
    seeds: NDArray[np.uint64] | None = None,
    colour: tuple[int, int, int] = (16, 128, 128),
    codes: Sequence[str] | None = None,
    orientation: int = 1,
) -> NDArray[np.float32]:
    """How far each region is from what its style paints: a redacted frame is a fixed point of its own redaction.

    Repaints the regions on a private copy and compares, block by block of 8x8 luma (4x4 chroma) samples.

    Returns:
        For each region the largest mean absolute difference of any block of any plane, in sample values 0..255; 0 for
        one of style ``gaussian``, which is not judged: it hides nothing for good. Nothing is written.

    Raises:
        ValueError: as ``redact``.
    """

def frame_digest(planes: Planes) -> bytes:
    """SHA-256 of the packed planes: what ``ffmpeg -f framehash -hash sha256`` prints for the same frame.

    Returns:
        32 bytes over luma, blue, red: rows cut to their width, no padding.
    """

def frame_block_means(planes: Planes) -> NDArray[np.uint8]:
    """The mean of every tile of the planes: what coding hardly changes and any other frame does.

    Returns:
        (n,) rounded means over luma, blue, red, row by row, of tiles of 32 by 32 samples of their plane; those at the
        right and lower edge may be smaller.
    """

def merkle_leaf(entry: bytes) -> bytes:
    """The leaf hash of an entry, 32 bytes: SHA-256 over a zero byte and the entry (RFC 6962, 2.1)."""

def merkle_leaves(entries: bytes, *, width: int = 32) -> bytes:
    """The leaf hashes of entries of one width, one after the other, as the other ``merkle_`` functions take them.

    A table of frame digests of shape (n, 32) goes in as its bytes.

    Raises:
        ValueError: not a whole number of entries, or a width of 0.
    """

def merkle_root(leaves: bytes) -> bytes:
    """The root over leaf hashes, 32 bytes; over none, SHA-256 of nothing.

    Raises:
        ValueError: not a multiple of 32 bytes.
    """

def merkle_inclusion(leaves: bytes, index: int) -> list[bytes]:
    """The hashes that prove that leaf ``index`` is below the root of all leaves, from the leaf up (RFC 6962, 2.1.1).

    Raises:
        ValueError: there is no such leaf.
    """

def merkle_consistency(leaves: bytes, old: int) -> list[bytes]:
    """The hashes that prove that the tree of all leaves begins with that of the first ``old`` (RFC 6962, 2.1.2).

    Raises:
        ValueError: ``old`` is 0 or above the number of leaves.
    """

def merkle_inclusion_ranges(index: int, size: int) -> list[tuple[int, int]]:
    """The half-open ranges of leaves whose roots `merkle_inclusion` returns: for who holds tiles instead of leaves.

    Raises:
        ValueError: there is no such leaf.
    """

def merkle_consistency_ranges(old: int, new: int) -> list[tuple[int, int]]:
    """The half-open ranges of leaves whose roots `merkle_consistency` returns.

    Raises:
        ValueError: ``old`` is 0 or above ``new``.
    """

def merkle_includes(root: bytes, size: int, index: int, leaf: bytes, proof: Sequence[bytes]) -> bool:
    """Whether a proof shows that a leaf hash is number ``index`` of the ``size`` below ``root``.

    Raises:
        ValueError: a hash that is not 32 bytes.
    """

def merkle_extends(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether a proof shows that the tree of ``new`` leaves begins with the tree of ``old``.

    Raises:
        ValueError: a hash that is not 32 bytes.
    """

class _ReadsAndSeeks(Protocol):
    def read(self, size: int, /) -> bytes: ...
    def seek(self, offset: int, whence: int = ..., /) -> object: ...
    def tell(self) -> int: ...

@final
class ObjectKey:
    """The key of one sealed recording (age v1, X25519). Its secret comes out wrapped only."""

    def __new__(cls) -> ObjectKey:
        """A fresh key from the system's random numbers."""

    @staticmethod
    def unwrap(wrapped: bytes, identities: str) -> ObjectKey:
        """The key out of what `wrap` made.

        Args:
            wrapped: The file beside the recording.
            identities: Text of an age identity file: a secret line each, comments allowed.

        Raises:
            ValueError: no identity fits, the file was changed, or its suite is unknown.
        """

    def wrap(self, recipients: Sequence[str]) -> bytes:
        """The key as an age file that each recipient (``age1...``) can open alone.

        Raises:
            ValueError: no recipient, or text that is none.
        """

    def seal(self, source: str | PathLike[str], target: str | PathLike[str]) -> tuple[bytes, int, bytes, int]:
        """Seal a file into a new one, read-only, synced, read back and compared; memory stays flat.

        A signal whose handler raises ends it within a block of a mebibyte.

        It is written and read back past the system's page cache (``O_DIRECT``), so that the disk answers, and not the
        memory that the bytes were written from. Where the file system does not offer that, both go through the cache,
        which is asked to forget the synced file before it is read back; a file system in memory has no other copy.

        Returns:
            SHA-256 and size of the recording; BLAKE3 and size of the sealed file.

        Raises:
            EOFError: the source cannot be read to its end.
            OSError: the target exists or cannot be written, or the disk gives back something else than was written.
        """

    def seal_bytes(self, content: bytes) -> bytes:
        """A small text sealed to this key."""

    def open_bytes(self, sealed: bytes) -> bytes:
        """The text out of what `seal_bytes` made.

        Raises:
            ValueError: changed, cut, or another key's.
        """

    def open(self, sealed: str | PathLike[str] | _ReadsAndSeeks) -> SealedFile:
        """A sealed file by its path, or by an object that reads and seeks.

        Raises:
            OSError: it cannot be read.
            ValueError: cut anywhere, changed in its header or last chunk, or another key's.
        """

@final
class SealedFile:
    """A sealed recording that reads and seeks like the recording inside it.

    Every byte it gives was authenticated. The first failure sticks, and `error` tells it: ask when you are done, since
    a decoder may take a failed read for the end of the file. Calls from several threads follow one another.
    """

    @property
    def size(self) -> int:
        """Bytes of the recording."""

    @property
    def error(self) -> str | None:
        """What ended all reading, or None. Gone with `close`."""

    def read(self, size: int | None = None) -> bytes:
        """Up to ``size`` bytes, all that is left where it is None or negative; empty at the end and beyond it.

        Raises:
            OSError: the disk failed, or the seal is broken here or was before.
            ValueError: the file is closed.
        """

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place, beyond the end allowed; returns it.

        Raises:
            ValueError: closed, or an unknown ``whence``.
            OSError: a place before the beginning.
        """

    def tell(self) -> int: ...
    def readable(self) -> bool: ...
    def seekable(self) -> bool: ...
    def close(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *raised: object) -> None: ...

def new_identity() -> tuple[str, str]:
    """A new identity for a person who may open recordings: the secret line and the public one (as ``age-keygen``)."""

def blake3_file(file: str | PathLike[str] | _ReadsAndSeeks) -> tuple[bytes, int]:
    """BLAKE3 (as ``b3sum`` prints it) and size of a file, named by its path, or of what an open one gives.

    What a path names is read past the system's page cache (``O_DIRECT``), as the disk holds it now; where the file
    system does not offer that, through the cache, after it was asked to forget the file. A signal whose handler raises
    ends it within a block of a mebibyte.

    Raises:
        OSError: it cannot be read.
    """

def lock_process(read: list[str | PathLike[str]]) -> int:
    """Take from this process, for good, what reading a stranger's bytes does not need; it has one thread yet.

    It keeps what it holds open, and can open files below ``read`` to read them; it makes none and takes none away. It
    can start threads, and no program; it reaches no network and no other process, and dies with its parent. A path that
    is not there allows nothing.

    Returns:
        The version of Landlock that holds it.

    Raises:
        OSError: the kernel does not hold all of it. What was locked stays so: end the process.
    """
