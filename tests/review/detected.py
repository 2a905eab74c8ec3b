"""A job as `bodycam detect` leaves it, without any recording."""

from pathlib import Path

from bodycam_pipeline.durable import make_private_folder
from bodycam_pipeline.kept import make_secret
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.release.job import Job
from bodycam_pipeline.release.work import keep_work
from bodycam_pipeline.values.plan import Plan
from bodycam_pipeline.values.policy import Policy
from tests.rules.build import recording


def detected_job(folder: Path, draft: Plan) -> Folders:
    folders = Folders(folder, "made")
    make_private_folder(folders.internal)
    make_secret(folders.internal)
    keep_work(Job(recording(), Policy(), (), "", folders), draft)
    return folders
