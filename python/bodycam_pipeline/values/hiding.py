"""How regions are hidden, by kind: what a policy says of it and a renderer needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bodycam_pipeline.values.detection import Kind


@dataclass(frozen=True, slots=True)
class Hiding:
    """How the regions of each kind are hidden.

    Attributes:
        style: What is painted over every kind that has no style of its own.
        styles: The styles of those that have one.
        codes: What is drawn on the regions of each kind; a kind without a code gets a plain plate. Empty where nothing
            is drawn on any.
    """

    style: str
    styles: Mapping[Kind, str] = field(default_factory=dict)
    codes: Mapping[Kind, str] = field(default_factory=dict)

    def style_of(self, kind: Kind) -> str:
        """What is painted over a kind."""
        return self.styles.get(kind, self.style)
