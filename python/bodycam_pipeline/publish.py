"""The one step that makes a release: its last files, and its name."""

from collections.abc import Sequence

import numpy as np

from bodycam_pipeline.digests import file_sha256
from bodycam_pipeline.durable import publish_folder
from bodycam_pipeline.evidence.frames_file import write_frames
from bodycam_pipeline.evidence.plan_file import plan_sha256
from bodycam_pipeline.release.job import Job
from bodycam_pipeline.release.manifest import write_manifest
from bodycam_pipeline.release.second_look import SecondLook
from bodycam_pipeline.release.source import keep_source, kept_source
from bodycam_pipeline.release.staging import Staged
from bodycam_pipeline.reports.exemption_index import write_index
from bodycam_pipeline.reports.report import write_report
from bodycam_pipeline.review.on_record import note_release
from bodycam_pipeline.running.one import one
from bodycam_pipeline.running.runner import Runner
from bodycam_pipeline.tasks.versions import library_versions
from bodycam_pipeline.values.observed import SegmentObservation
from bodycam_pipeline.values.plan import Plan


def publish(
    job: Job,
    plan: Plan,
    staged: Staged,
    observed: Sequence[SegmentObservation],
    second: SecondLook | None,
    runner: Runner,
) -> None:
    """Complete a verified release and give it its name, in one atomic step; then clear the staging folder.

    Where the recording lies in a vault, the release stands in the custody log before it bears its name.

    Raises:
        VaultError: the vault or its keys are missing.
        ReleaseExistsError: something took the place meanwhile.
        StorageError: the disk refused.
    """
    pts = np.concatenate([part.pts for part in observed])
    sha256 = np.concatenate([part.sha256 for part in observed])
    clock = staged.clock
    write_frames((pts - clock.shift_pts) * clock.numerator, sha256, staged.folder / "frames.parquet")
    write_manifest(job, plan, staged, one(runner, library_versions, None))
    manifest = file_sha256(staged.folder / "manifest.json")
    write_report(job, plan, staged, second, runner)
    write_index(job, plan)
    keep_source(job)
    note_release(job.folders, job.record_published(manifest, plan_sha256(plan), kept_source(job.folders).root()))
    publish_folder(staged.folder, job.folders.release)
    job.folders.clear_staging()
