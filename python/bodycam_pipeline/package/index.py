"""The exemption index that is handed out: no names, no boxes."""

from typing import Any

from bodycam_pipeline.evidence.plan_file import plan_sha256, read_plan
from bodycam_pipeline.release.folders import Folders
from bodycam_pipeline.release.job import record_of
from bodycam_pipeline.reports.exemption_index import Index, index_files
from bodycam_pipeline.rules.exemptions import Screen, exemptions
from bodycam_pipeline.values.errors import PackageError
from bodycam_pipeline.values.geometry import Orientation

_AGAIN = "Redact the recording again into another folder."


def public_index(job: Folders, manifest: dict[str, Any]) -> dict[str, bytes]:
    """The files of the index of a job's release, by name.

    Raises:
        PlanError: the plan beside it is gone or was changed.
        PackageError: it is not the plan of this release, or an older version made that.
    """
    plan = read_plan(job.internal / "plan.parquet")
    video, published = manifest["video"], record_of(job)
    if published is None or plan_sha256(plan) != published.plan or plan.sha256 != manifest["plan"]["sha256"]:
        raise PackageError(f"the plan in {job.internal} is not the one that {job.release} was made from", remedy=_AGAIN)
    if "frame_duration_pts" not in video:
        raise PackageError(f"an older version made {job.release}: it does not say how long a frame is", remedy=_AGAIN)
    screen = Screen(video["width"], video["height"], Orientation(video["orientation"]), video["frame_duration_pts"])
    lines = exemptions(plan, screen, names=False)
    return index_files(Index(job.video_name, manifest["policy"]["name"], False, lines))
