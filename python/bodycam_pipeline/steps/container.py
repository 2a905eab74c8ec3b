"""Look at a finished file as a whole: what is in its container, and pictures of places in it."""

from pathlib import Path

from bodycam_pipeline.mp4_check.finished import observe_container
from bodycam_pipeline.read.contact_sheet import crops
from bodycam_pipeline.tasks.container import ContainerTask, PicturesTask
from bodycam_pipeline.values.observed import ContainerObservation


def observe_file(task: ContainerTask) -> ContainerObservation:
    """Everything in it but its frames.

    Raises:
        BodycamError: as `observe_container`.
    """
    return observe_container(Path(task.path), task.silent)


def picture_boxes(task: PicturesTask) -> tuple[tuple[int, bytes], ...]:
    """The position among those wanted, and a JPEG, of each whose frame is there.

    Raises:
        BodycamError: as `crops`.
    """
    return tuple(crops(task.path, task.wanted, task.orientation))
