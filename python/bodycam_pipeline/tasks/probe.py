"""What probing a recording needs."""

from dataclasses import dataclass

from bodycam_pipeline.tasks.step import Step
from bodycam_pipeline.values.headers import Headers
from bodycam_pipeline.values.needs import Needs
from bodycam_pipeline.values.recording import Recording


@dataclass(frozen=True, slots=True)
class ProbeTask:
    """Which recording, and the video track that is meant, where it holds those of several cameras."""

    address: str
    track: int | None = None

    def needs(self) -> Needs:
        """What it opens."""
        return Needs((self.address,))


probe = Step[ProbeTask, Recording]("probe", "probe", Recording)
probe_release = Step[ProbeTask, Recording]("probe", "probe", Recording, recorded=False)
read_headers = Step[ProbeTask, Headers]("probe", "read_headers", Headers, recorded=False)
