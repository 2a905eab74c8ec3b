"""The training sets: how much of each, and under which licence it may be used."""

from __future__ import annotations

# share of the crops drawn from each set; a crop of a mosaic counts as one
SHARES = {
    "facecount": 0.30, "salty": 0.05, "nisa": 0.02, "chtseng_mask": 0.21, "chtseng_head": 0.07,
    "unknowncz": 0.25, "kaggle433": 0.04, "chirag": 0.04, "usfl": 0.03,
}  # fmt: skip
LICENCES = {
    "facecount": None,  # competition stock photos, nothing stated
    "salty": "CC BY 4.0",
    "nisa": "CC BY 4.0",
    "chtseng_mask": "published as Public Domain",
    "chtseng_head": '"open source" in its README',
    "unknowncz": "CC BY 4.0 (Open Images)",
    "kaggle433": "CC0",
    "usfl": "CC BY 4.0",
    "chirag": "MIT",
}
