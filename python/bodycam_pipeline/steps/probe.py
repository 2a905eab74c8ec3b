"""Probe a recording where a crash costs a worker, and not the driver."""

from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.values.needs import Needs
from bodycam_pipeline.values.recording import Recording


class ProbeStep:
    """Everything that is known of a recording before a frame is decoded; the task is its address."""

    __name__ = "probe"
    answers = Recording

    def needs(self, address: str) -> Needs:
        """What it opens."""
        return Needs((address,))

    def __call__(self, address: str) -> Recording:
        """Probe it.

        Raises:
            BodycamError: as `probe`.
        """
        return probe(address)


probe_recording = ProbeStep()
