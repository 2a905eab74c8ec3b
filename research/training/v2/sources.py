"""Which sets teach the second network, how often each is drawn, and what each leaves unlabelled."""

from __future__ import annotations

from typing import NamedTuple


class Source(NamedTuple):
    """A group of sets. ``share`` of the tiles of all crops; ``heads``: every head is labelled or a sure face."""

    share: float
    heads: bool
    licence: str


SOURCES = {
    "web": Source(0.32, False, "CC BY, CC BY-SA, CC0: by set"),
    "negatives": Source(0.10, True, "CC0 (clothing, hdri)"),
    "chtseng_mask": Source(0.14, False, "published as Public Domain"),
    "portraits": Source(0.07, True, "CC BY 4.0 (salty, nisa)"),
    "chtseng_head": Source(0.08, True, '"open source" in its README'),
    "unknowncz": Source(0.17, True, "CC BY 4.0 (Open Images)"),
    "plates": Source(0.12, True, "CC0 (kaggle433), CC BY 4.0 (usfl), MIT (chirag)"),
}
# Of crops with one picture, shares built on purpose around a small face, a large one, a plate, a false alarm; the rest
MODES = {"small": 0.26, "large": 0.16, "plate": 0.18, "hard": 0.22, "": 0.18}
DOUBTFUL = ("hardhat_",)  # the uploader can hardly have owned these pictures: they measure, they do not teach


def source_of(folder: str, name: str, *, negative: bool) -> str | None:
    """The group of a picture, by its folder and set; None for what must not teach."""
    if name.startswith(DOUBTFUL):
        return None
    if folder == "web":
        return "negatives" if negative else "web"
    known = next((source for source in SOURCES if name.startswith(source)), None)
    return known or {"faces": "portraits", "plates": "plates"}[folder]
