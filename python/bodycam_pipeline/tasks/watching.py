"""Who watches a recording: the networks, their scales, and what their word is worth."""

from dataclasses import dataclass

from bodycam_pipeline.values.evidence import Evidence
from bodycam_pipeline.values.model import Provider
from bodycam_pipeline.vision.looking import Looking


@dataclass(frozen=True)
class Watching:
    """Who watches, and how.

    Attributes:
        looking: The networks.
        evidence: What their word is worth together.
        scene_change_difference: Mean luma difference (0..255) of two neighbouring frames above which the scene has
            changed.
        provider: What computes the networks.
    """

    looking: tuple[Looking, ...]
    evidence: Evidence
    scene_change_difference: float
    provider: Provider = "cpu"

    @property
    def models(self) -> tuple[str, ...]:
        """The files of the networks."""
        return tuple(each.model.path for each in self.looking)
