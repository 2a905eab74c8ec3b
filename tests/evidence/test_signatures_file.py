"""What was handed to the encoder, kept until the finished file was held against it."""

from pathlib import Path

import numpy as np

from bodycam_pipeline.evidence.signatures_file import read_signatures, signatures_path, write_signatures
from bodycam_pipeline.kept import make_secret, secret_path


def test_what_is_written_is_read_from_all_files_together(tmp_path: Path) -> None:
    make_secret(tmp_path)
    secret = secret_path(tmp_path)
    first, second = (signatures_path(str(tmp_path / name)) for name in ("0.samples", "1.samples"))
    write_signatures({-40: bytes([1, 2]), 0: bytes([3, 255])}, first, secret)
    write_signatures({40: bytes([5, 6])}, second, secret)
    read = read_signatures([first, second], secret)
    assert {pts: signature.tolist() for pts, signature in read.items()} == {-40: [1, 2], 0: [3, 255], 40: [5, 6]}
    assert all(signature.dtype == np.uint8 for signature in read.values())


def test_a_segment_of_which_nothing_was_rendered_has_a_file_all_the_same(tmp_path: Path) -> None:
    make_secret(tmp_path)
    write_signatures({}, tmp_path / "none", secret_path(tmp_path))
    assert (tmp_path / "none").exists()
    assert read_signatures([tmp_path / "none"], secret_path(tmp_path)) == {}


def test_what_is_gone_or_broken_says_nothing_of_any_frame(tmp_path: Path) -> None:
    make_secret(tmp_path)
    broken = tmp_path / "broken"
    broken.write_bytes(b"PAR1 and no more")
    assert read_signatures([broken, tmp_path / "gone"], secret_path(tmp_path)) == {}
