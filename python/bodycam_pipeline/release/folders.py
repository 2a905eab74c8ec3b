"""Where one recording's files live: the release, what stays inside, and what is visibly half-done.

```
OUT/NAME.release/     handed out: redacted.mp4, frames.parquet, manifest.json
OUT/NAME.internal/    never handed out: plan.parquet, report.html, job.json, detections, source-frames.parquet
OUT/NAME.staging/     half-done work; gone once the release is published
```

What stays inside and what is half-done is its owner's alone, whatever the umask.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bodycam_pipeline.durable import disk_errors, locked, make_private_folder
from bodycam_pipeline.kept import make_secret
from bodycam_pipeline.values.errors import ReleaseExistsError


@dataclass(frozen=True)
class Folders:
    """The three places of one recording in an output folder."""

    out: Path
    name: str

    @classmethod
    def of(cls, job: Path) -> "Folders":
        """The places of a job that somebody names by its release, by what stays inside, or by what both begin with."""
        resolved = job.resolve()  # `..` and `.` have no name
        return cls(resolved.parent, resolved.name.removesuffix(".release").removesuffix(".internal"))

    @property
    def release(self) -> Path:
        """What is handed out; exists only when verified and complete."""
        return self.out / f"{self.name}.release"

    @property
    def internal(self) -> Path:
        """What the agency keeps: plan, report, detections."""
        return self.out / f"{self.name}.internal"

    @property
    def staging(self) -> Path:
        """Half-done work."""
        return self.out / f"{self.name}.staging"

    @property
    def video_name(self) -> str:
        """The redacted file's name inside the release: the same in each, since a recording's own tells too much."""
        return "redacted.mp4"

    def open_staging(self) -> None:
        """Make the folder of half-done work, for its owner alone: what lies there may not be redacted yet.

        Raises:
            StorageError: the disk refused.
        """
        make_private_folder(self.staging)

    def open_release(self) -> Path:
        """Make the folder that becomes the release, empty: what a killed run left there would be handed out with it.

        Raises:
            StorageError: the disk refused.
        """
        self.open_staging()
        folder = self.staging / "release"
        with disk_errors(folder):
            if folder.exists():
                shutil.rmtree(folder)
            folder.mkdir()
        return folder

    def clear_staging(self) -> None:
        """Drop half-done work: what was published needs none of it."""
        shutil.rmtree(self.staging, ignore_errors=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the recording's place in the output folder for one process; from here on the job has a secret.

        The lock is the kernel's: it is gone with its holder, however that ends.

        Raises:
            ReleaseExistsError: another process is at work here.
            StorageError: the disk refused, or its file system has no locks.
        """
        make_private_folder(self.internal)
        with locked(self.internal / ".lock", self._busy):
            make_secret(self.internal)
            yield

    def _busy(self, _descriptor: int) -> ReleaseExistsError:
        return ReleaseExistsError(
            f"another process is working on {self.name} in {self.out}",
            remedy="Wait for it to end, or choose another output folder with --out.",
        )
