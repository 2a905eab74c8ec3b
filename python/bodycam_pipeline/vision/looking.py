"""One network, and how it looks."""

from dataclasses import dataclass

from bodycam_pipeline.values.detection import Kind
from bodycam_pipeline.values.model import Model
from bodycam_pipeline.vision.scales import InputSize, input_sizes


@dataclass(frozen=True, slots=True)
class Looking:
    """One network, and how it looks.

    Attributes:
        model: Which.
        long_sides_px: Its scales: the longer side of the frame as it sees it.
        lowest: For each kind that it is trusted with, the lowest score that is worth anything.
        enlarge: Whether it looks at scales larger than the frame too.
    """

    model: Model
    long_sides_px: tuple[int, ...]
    lowest: dict[Kind, float]
    enlarge: bool = False

    def sizes(self, upright_size: tuple[int, int]) -> tuple[InputSize, ...]:
        """The tensors that it looks at."""
        return input_sizes(self.long_sides_px, upright_size, enlarge=self.enlarge)
