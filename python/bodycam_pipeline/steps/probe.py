"""Look at a file before a frame of it is decoded."""

from bodycam_pipeline.read import probe as reading
from bodycam_pipeline.read.ingest_probe import look_into
from bodycam_pipeline.schemes import open_recording
from bodycam_pipeline.tasks.probe import ProbeTask
from bodycam_pipeline.values.address import name_of
from bodycam_pipeline.values.headers import Headers
from bodycam_pipeline.values.recording import Recording


def probe(task: ProbeTask) -> Recording:
    """Everything that is known of a recording before it is decoded.

    Raises:
        BodycamError: as `reading.probe`.
    """
    return reading.probe(task.address, task.track)


def read_headers(task: ProbeTask) -> Headers:
    """What its container tells of a file.

    Raises:
        BodycamError: as `look_into`.
    """
    with open_recording(task.address) as file:
        return look_into(file, name_of(task.address))
