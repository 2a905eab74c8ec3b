"""A style, a head and a kind are really added, as docs/where-is.md says, to a copy of the checkout: in so many files.

What `make reference` writes is not counted: nobody touches it by hand.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "where-is.md").read_text()
PACKAGE = "python/bodycam_pipeline"

Change = tuple[str, str]
"""What a file says once, and what it says then; `…` is what it said."""

STYLE: dict[str, list[Change]] = {
    "rust/redact-core/src/styles/mod.rs": [
        ("mod labels;", "mod hatch;\n…"),
        ("    /// A smooth membrane over the hole", "    /// Stripes in the colour and darker.\n    Hatch(Colour),\n…"),
        ('&["fill", "mosaic", "blur"]', '&["fill", "hatch", "mosaic", "blur"]'),
        ('&["fill", "mosaic", "blur", "gaussian"]', '&["fill", "hatch", "mosaic", "blur", "gaussian"]'),
        ('            ("blur", None) =>', '            ("hatch", None) => Ok(Self::Hatch(colour)),\n…'),
        (
            "            Self::Fill(_) | Self::Coded(..) => 3,",
            "            Self::Hatch(_) => 3,\n            Self::Fill(_) | Self::Coded(..) => 4,",
        ),
        ("    Blur(Blur),\n    Cells", "    Hatch(u8),\n…"),
        (
            "            Shipping::Blur(colour) =>",
            "            Shipping::Hatch(colour) => Self::Hatch(colour[number]),\n…",
        ),
        ("            Self::Blur(blur) => blur", "            Self::Hatch(value) => hatch::hatch(window, *value),\n…"),
    ],
    "docs/use/policy.md": [
        ("# fill, mosaic or blur;", "# fill, hatch, mosaic or blur;"),
        ("`mosaic` (one mean colour)", "`hatch` (nothing) over …"),
    ],
}
HATCH = """//! `hatch`: rows of one colour, every other one darker.

use crate::PlaneMut;

pub fn hatch(window: &mut PlaneMut<'_>, value: u8) {
    for y in 0..window.height() {
        window.row_mut(y).fill(if y % 2 == 0 { value } else { value / 2 });
    }
}
"""

HEAD: dict[str, list[Change]] = {
    "rust/redact-core/src/heads/mod.rs": [
        ("mod retinaface;", "mod corners;\n…"),
        ("    /// `YOLOv8`, v9 and v11.", "    /// Boxes by their corners.\n    Corners,\n…"),
        ('        ("yolov8", Self::YoloV8)', '        ("corners", Self::Corners),\n…'),
        (
            "        Head::YoloV8 => yolov8",
            "        Head::Corners => corners::decode(outputs, input, one(thresholds)?),\n…",
        ),
    ],
    f"{PACKAGE}/vision/heads.py": [
        (
            '    "yolov8": HeadDefaults(',
            '    "corners": HeadDefaults("a test", "yes", ("face",), "rgb", _ZERO, _UNIT, {}),\n…',
        ),
        ("    if set(_YUNET) <= outputs", '    if "corners" in outputs:\n        return "corners", ("corners",)\n…'),
        (
            '        case "retinaface":\n',
            '        case "corners":\n            return ("corners",) if "corners" in outputs else None\n…',
        ),
    ],
}
CORNERS = """//! `corners`: one map (n, boxes, 5) of left, top, right, bottom and a probability.

use super::{Detection, InputSize, Map, Source, batch, shaped};
use crate::Result;

pub fn decode(outputs: &[Map<'_>], _input: InputSize, threshold: f32) -> Result<Vec<Vec<Detection>>> {
    let batch = batch(outputs, 1..=1, "1")?;
    let boxes = outputs[0].shape.get(1).copied().unwrap_or(0);
    let mut found = vec![Vec::new(); batch];
    for (number, row) in shaped(outputs, 0, &[batch, boxes, 5])?.chunks_exact(5).enumerate() {
        let source = Source { output: 0, item: number / boxes };
        if source.probability(row[4])? >= threshold {
            found[source.item].push(source.between([row[0], row[1], row[2], row[3]], row[4], 0)?);
        }
    }
    Ok(found)
}
"""

KIND: dict[str, list[Change]] = {
    f"{PACKAGE}/values/policy.py": [
        ('        "screen": HideRule(', '        "badge": HideRule(reason="personal privacy", found_by="hand"),\n…')
    ]
}

HOLD = """
import numpy as np
from bodycam_pipeline import _native
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.vision.heads import recognise

assert Policy(redaction={"style": "hatch"}).redaction.style in _native.SHIPPING_STYLES
maps = [np.array([[[1, 2, 3, 4, 0.9]]], np.float32)]
(found,) = _native.decode_head("corners", maps, input_width=32, input_height=32, thresholds=(0.5,))
assert found[0, :4].tolist() == [1, 2, 3, 4]
assert recognise({"corners": (1, 1, 5)}, (1, 3, 32, 32)) == ("corners", ("corners",))
assert "badge" in Policy().drawn_by_hand_only
"""


class Checkout:
    """A copy of what is tracked here, to be changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in self._git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard").split():
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, folder / name)
        self._git(folder, "init", "--quiet")
        self._commit()

    def change(self, edits: dict[str, list[Change]], new: dict[str, str]) -> None:
        """Change files and add new ones."""
        for name, changes in edits.items():
            text = (self.folder / name).read_text()
            for before, after in changes:
                assert text.count(before) == 1, f"{name} says {before!r} {text.count(before)} times"
                text = text.replace(before, after.replace("…", before))
            (self.folder / name).write_text(text)
        for name, text in new.items():
            (self.folder / name).write_text(text)

    def build(self) -> None:
        """Compile the extension, as fast as it comes, and write the reference pages with it."""
        target = ROOT / "target" / "how-to-add"  # its own: cargo would take what is built here for the checkout's
        command = ["cargo", "build", "--quiet", "--package", "bindings", "--target-dir", str(target)]
        subprocess.run(command, cwd=self.folder, check=True)
        shutil.copy(target / "debug" / "lib_native.so", self.folder / PACKAGE / "_native.abi3.so")
        self.run("-m", "docs.generate")

    def run(self, *words: str) -> None:
        """Run Python on this copy."""
        environment = os.environ | {"PYTHONPATH": f"{self.folder / 'python'}:{self.folder}"}
        subprocess.run([sys.executable, *words], cwd=self.folder, env=environment, check=True)

    def touched(self) -> set[str]:
        """The files that were changed or added since the last time, but for generated ones."""
        lines = self._git(self.folder, "status", "--porcelain", "--untracked-files=all").splitlines()
        self._commit()
        return {line[3:] for line in lines} - {name for name in (line[3:] for line in lines) if "/reference/" in name}

    def _commit(self) -> None:
        self._git(self.folder, "add", "--all")
        self._git(self.folder, "-c", "user.name=a", "-c", "user.email=a@example", "commit", "--quiet", "-m", "as it is")

    @staticmethod
    def _git(folder: Path, *words: str) -> str:
        return subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True).stdout


def counted(what: str) -> int:
    """How many files the table *How to add* says."""
    (count,) = re.findall(rf"^\| a {what} \| (\d) \|", PAGE, re.MULTILINE)
    return int(count)


@pytest.mark.slow
def test_a_style_a_head_and_a_kind_are_added_in_as_many_files_as_the_table_says(tmp_path: Path) -> None:
    if not shutil.which("cargo"):
        pytest.skip("there is no Rust here")
    checkout = Checkout(tmp_path)
    counts = {}
    for what, edits, new in (
        ("style", STYLE, {"rust/redact-core/src/styles/hatch.rs": HATCH}),
        ("head", HEAD, {"rust/redact-core/src/heads/corners.rs": CORNERS}),
        ("kind", KIND, {}),
    ):
        checkout.change(edits, new)
        counts[what] = len(checkout.touched())
    assert counts == {what: counted(what) for what in counts} == {"style": 3, "head": 3, "kind": 1}
    checkout.build()
    assert checkout.touched() == set(), "the build and the reference touch nothing else"
    checkout.run("-c", HOLD)
    kept = ("tests/native/test_redact.py", "tests/native/test_residual.py", "tests/vision/test_heads.py")
    more = (
        "tests/native/test_heads.py",
        "tests/values",
        "tests/evidence",
        "tests/test_reference.py",
        "tests/test_where_is.py",
    )
    checkout.run("-m", "pytest", "-q", "-x", "-m", "not slow", "-p", "no:cacheprovider", *kept, *more)
