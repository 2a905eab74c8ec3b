"""Redacted copies of body-worn-camera recordings: every face and plate hidden in every frame, verifiably.

```python
with LocalRunner(workers=2) as runner:
    published = redact(Order("recording.mp4", Path("releases")), runner)
```

Importing this package does no work: each name is loaded when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bodycam_pipeline.pipeline import Order, Published, detect, redact, render
    from bodycam_pipeline.release.job import Job
    from bodycam_pipeline.running.local import LocalRunner
    from bodycam_pipeline.running.ray import RayRunner
    from bodycam_pipeline.values.edits import Edits
    from bodycam_pipeline.values.errors import (
        BodycamError,
        BoxError,
        ChangedMeanwhileError,
        CustodyLogError,
        DamagedRecordingError,
        DatasetError,
        EditsError,
        EncryptedRecordingError,
        FetchError,
        HistoryError,
        KeyFileError,
        LateResultError,
        LedgerError,
        MeasuringError,
        MissingExtraError,
        MissingModelError,
        MissingProviderError,
        ModelDigestError,
        ModelError,
        NeedsReviewError,
        NotApprovedError,
        NoVideoError,
        PackageError,
        PageError,
        PlanChangedError,
        PlanError,
        PolicyError,
        RecordingError,
        ReleaseExistsError,
        SealBrokenError,
        SignatureError,
        StateError,
        StorageError,
        UndecidedRecordingError,
        UnreadableRecordingError,
        UnsupportedRecordingError,
        VaultError,
        VerificationError,
        WorkerError,
        WorkListError,
    )
    from bodycam_pipeline.values.plan import Plan
    from bodycam_pipeline.values.policy import Policy

_HOMES = {
    "Edits": "values.edits",
    "Job": "release.job",
    "LocalRunner": "running.local",
    "Order": "pipeline",
    "Plan": "values.plan",
    "Policy": "values.policy",
    "Published": "pipeline",
    "RayRunner": "running.ray",
    "detect": "pipeline",
    "redact": "pipeline",
    "render": "pipeline",
}
"""Where each public name is defined, but for the errors, which stand in one module."""

__all__ = [
    "BodycamError",
    "BoxError",
    "ChangedMeanwhileError",
    "CustodyLogError",
    "DamagedRecordingError",
    "DatasetError",
    "Edits",
    "EditsError",
    "EncryptedRecordingError",
    "FetchError",
    "HistoryError",
    "Job",
    "KeyFileError",
    "LateResultError",
    "LedgerError",
    "LocalRunner",
    "MeasuringError",
    "MissingExtraError",
    "MissingModelError",
    "MissingProviderError",
    "ModelDigestError",
    "ModelError",
    "NeedsReviewError",
    "NoVideoError",
    "NotApprovedError",
    "Order",
    "PackageError",
    "PageError",
    "Plan",
    "PlanChangedError",
    "PlanError",
    "Policy",
    "PolicyError",
    "Published",
    "RayRunner",
    "RecordingError",
    "ReleaseExistsError",
    "SealBrokenError",
    "SignatureError",
    "StateError",
    "StorageError",
    "UndecidedRecordingError",
    "UnreadableRecordingError",
    "UnsupportedRecordingError",
    "VaultError",
    "VerificationError",
    "WorkListError",
    "WorkerError",
    "detect",
    "redact",
    "render",
]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES.get(name, 'values.errors')}"), name)
    globals()[name] = value
    return value
