"""Both sides of what a plan hides: what must be hidden and shows, and what is hidden for nothing."""

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Score:
    """Sums over the labelled frames of one recording; the sum of two scores is that of both recordings.

    Areas are shares of the frame, 0..1, summed over frames.

    Attributes:
        frames, seconds: How much was labelled.
        must: Boxes that must be hidden.
        must_hidden: How many of them are.
        things: Things with such boxes.
        things_seen: How many of them show in one frame at least.
        longest_seconds: The longest time that one of them shows without a break.
        flickers: How often a thing that was hidden in its frame before shows.
        needed: Area of all boxes that must or may be hidden, padded.
        must_area: The same of boxes that must be.
        hidden: Area that is hidden, but for what nobody labelled one by one.
        excess: How much of it lies outside `needed`.
        empty_frames: Frames in which nothing is labelled.
        empty_hidden: Area that is hidden in these.
        false_tracks: Tracks that never meet a labelled thing.
        tracks: Tracks that do.
        things_met: Things that they meet.
        switches: How often a thing that one track held is next held by another.
        identified: Boxes held by the one track that fits their thing best (IDTP of TrackEval).
        unidentified: The other boxes (IDFN).
        misidentified: Regions of tracks that are not on the one thing that fits the track best (IDFP).
    """

    frames: int = 0
    seconds: float = 0.0
    must: int = 0
    must_hidden: int = 0
    things: int = 0
    things_seen: int = 0
    longest_seconds: float = 0.0
    flickers: int = 0
    needed: float = 0.0
    must_area: float = 0.0
    hidden: float = 0.0
    excess: float = 0.0
    empty_frames: int = 0
    empty_hidden: float = 0.0
    false_tracks: int = 0
    tracks: int = 0
    things_met: int = 0
    switches: int = 0
    identified: int = 0
    unidentified: int = 0
    misidentified: int = 0

    def __add__(self, other: "Score") -> "Score":
        """Both together; of the two longest times the longer."""
        both = {f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)}
        return Score(**both | {"longest_seconds": max(self.longest_seconds, other.longest_seconds)})

    @property
    def share_hidden(self) -> float | None:
        """Share of the boxes that must be hidden and are, 0..1; None where there are none."""
        return self._part(self.must_hidden, self.must)

    @property
    def share_needed(self) -> float | None:
        """Mean share of the frame that may be hidden with reason."""
        return self._part(self.needed, self.frames)

    @property
    def share_of_frame(self) -> float | None:
        """Mean share of the frame that is hidden."""
        return self._part(self.hidden, self.frames)

    @property
    def share_excess(self) -> float | None:
        """Mean share of the frame that is hidden for nothing."""
        return self._part(self.excess, self.frames)

    @property
    def share_empty(self) -> float | None:
        """Mean share of the frame that is hidden where nobody is; None where somebody always is."""
        return self._part(self.empty_hidden, self.empty_frames)

    @property
    def ratio(self) -> float | None:
        """How many times as much is hidden as needed; None where nothing is needed."""
        return self._part(self.hidden, self.needed)

    @property
    def false_per_minute(self) -> float | None:
        """False tracks a minute."""
        return self._part(60 * self.false_tracks, self.seconds)

    @property
    def tracks_per_thing(self) -> float | None:
        """Tracks on a thing that any track meets: each too many is a decision more that a person takes."""
        return self._part(self.tracks, self.things_met)

    @property
    def idf1(self) -> float | None:
        """Boxes under one track from end to end, 0..1; None where there is neither box nor track.

        2 IDTP / (2 IDTP + IDFP + IDFN), Ristani et al. 2016, "Performance Measures and a Data Set for Multi-Target,
        Multi-Camera Tracking", equation 10.
        """
        found = 2 * self.identified
        return self._part(found, found + self.misidentified + self.unidentified)

    @staticmethod
    def _part(part: float, whole: float) -> float | None:
        return part / whole if whole else None
