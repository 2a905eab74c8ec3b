"""Every error the product raises on purpose: what happened, where, and what to do.

BodycamError
├── PolicyError (ValueError)              the policy file, or a policy that asks for something unsafe
├── EditsError (ValueError)               edits.toml
│   └── PlanChangedError                  a decision on a plan that is no longer there
├── ModelError (ValueError)               a model file that cannot be used
│   ├── MissingModelError (FileNotFoundError)
│   ├── ModelDigestError                  the file is not the one that was measured
│   └── MissingProviderError              an execution provider that is asked for and not there
├── RecordingError (ValueError)           a recording that is refused
│   ├── UnreadableRecordingError          not a video, or broken beyond its index
│   ├── NoVideoError                      readable, but without a video track or frames
│   ├── EncryptedRecordingError
│   ├── UnsupportedRecordingError         readable, but not in a way that would be exact
│   ├── UndecidedRecordingError           a choice that only a person can make: which camera, which sound
│   └── DamagedRecordingError             frames that cannot be decoded and that nobody has withheld
├── PlanError (ValueError)                a plan that does not belong to this recording, policy or version
├── ReleaseExistsError (FileExistsError)  something else already stands where the release would go
├── PackageError (ValueError)             a package that cannot be made of this job
│   └── NotApprovedError                  the policy asks for approvals that are not there
├── StateError (ValueError)               a release that is not where it would have to be for this, or no name given
│   └── ChangedMeanwhileError            what somebody decides about is not what they saw any more
├── HistoryError                          a job's history that was changed after it was written
├── VerificationError                     the finished file is not what the plan says
├── NeedsReviewError                      the second look saw what nothing explains: a person has to decide
├── StorageError (OSError)                the disk refused
├── FetchError (OSError)                  a download that broke off, or brought another file
├── KeyFileError (ValueError)             a signing key that is missing, in the way, or readable by others
├── SignatureError                        a signature that is not by this key, or not over this text
├── DatasetError (ValueError)             labelled pictures that cannot be measured on
├── WorkListError (ValueError)            a batch's list that cannot be read
├── LedgerError (RuntimeError)            a ledger that is in use, damaged or another version's
│   └── LateResultError                   a result whose lease was given to someone else meanwhile
├── VaultError (ValueError)               a vault, a key or a sealed recording that cannot be used
│   ├── SealBrokenError                   a sealed recording that is not what was sealed
│   └── CustodyLogError                   a log that is damaged, was rewritten, or lacks what it must hold
├── PageError (ValueError)                 a review page that would listen where others could come in
├── MeasuringError (RuntimeError)         what would make a measurement worthless
├── MissingExtraError (ImportError)       a library of an extra that is not installed
├── BoxError (RuntimeError)               a machine that cannot hold back what decodes a stranger's file
└── WorkerError (RuntimeError)            a step failed twice
"""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Place:
    """Where something happened, as far as it is known."""

    recording: str | None = None
    segment: int | None = None
    pts: int | None = None

    def __str__(self) -> str:
        named = (("recording", self.recording), ("segment", self.segment), ("pts", self.pts))
        return ", ".join(f"{name} {value}" for name, value in named if value is not None)


class BodycamError(Exception):
    """What happened, where, and the remedy.

    Every error can cross a process border: it is rebuilt from its three parts.
    """

    exit_code = 4

    def __init__(self, what: str, *, remedy: str, where: Place | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy
        self.where = where or Place()

    def __str__(self) -> str:
        place = str(self.where)
        return f"{self.what}{f' ({place})' if place else ''}. {self.remedy}"

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.what, self.remedy, self.where))

    @property
    def code(self) -> str:
        """The stable word for this error in JSON, e.g. ``damaged-recording``."""
        name = type(self).__name__.removesuffix("Error")
        return "".join(f"-{c.lower()}" if c.isupper() else c for c in name).lstrip("-")

    def at(self, place: Place) -> Self:
        """The same error with more of its place filled in; what is known already stays."""
        known = self.where
        self.where = Place(
            known.recording if known.recording is not None else place.recording,
            known.segment if known.segment is not None else place.segment,
            known.pts if known.pts is not None else place.pts,
        )
        return self


def _rebuild(kind: type[BodycamError], what: str, remedy: str, where: Place) -> BodycamError:
    return kind(what, remedy=remedy, where=where)


class PolicyError(BodycamError, ValueError):
    """A policy that cannot be read, or that asks for something a release must not do."""

    exit_code = 2


class EditsError(BodycamError, ValueError):
    """An ``edits.toml`` that cannot be read or applied."""

    exit_code = 2


class PlanChangedError(EditsError):
    """A decision that was made on a plan which is another one by now."""


class ModelError(BodycamError, ValueError):
    """A model file that cannot be used safely."""

    exit_code = 2


class MissingModelError(ModelError, FileNotFoundError):
    """A model that is named but not there."""


class ModelDigestError(ModelError):
    """A model file whose SHA-256 is not the registered one."""


class MissingProviderError(ModelError):
    """An execution provider that is asked for and that this machine does not have: nothing else takes its place."""


class MissingExtraError(BodycamError, ImportError):
    """A library that only some commands need, and that is not installed: the remedy is the pip line."""

    exit_code = 2


class RecordingError(BodycamError, ValueError):
    """A recording that is refused."""


class UnreadableRecordingError(RecordingError):
    """Not a recording, or broken in a way that leaves no trustworthy packet index."""


class NoVideoError(RecordingError):
    """No video track, or one without a single frame."""


class EncryptedRecordingError(RecordingError):
    """The samples are encrypted (CENC, CBCS or another scheme)."""


class UnsupportedRecordingError(RecordingError):
    """Readable, but not in a way that would give every frame back at its exact time."""


class UndecidedRecordingError(RecordingError):
    """A recording that leaves a choice that only a person can make, which camera or which sound is meant."""

    exit_code = 3


class DamagedRecordingError(RecordingError):
    """Frames that the index promises and the decoder does not give, not withheld by anyone: a person has to decide."""

    exit_code = 3


class PlanError(BodycamError, ValueError):
    """A plan that does not belong here."""


class ReleaseExistsError(BodycamError, FileExistsError):
    """Something else stands where the release would go."""


class PackageError(BodycamError, ValueError):
    """A package that cannot be made: nothing is published here, or it is not what was published."""


class NotApprovedError(PackageError):
    """A release that fewer people have approved than its policy asks for: a person has to decide."""

    exit_code = 3


class StateError(BodycamError, ValueError):
    """What somebody wants to do to a release that is not in the state for it."""

    exit_code = 2


class ChangedMeanwhileError(StateError):
    """What somebody decides about is not what they saw: another program, or another person, was there meanwhile."""


class HistoryError(BodycamError):
    """A job's history that was edited, cut off or put in another order."""


class VerificationError(BodycamError):
    """The finished file is not what the plan says it is."""


class NeedsReviewError(BodycamError):
    """The second look saw something in the finished file that nothing explains: a person has to decide."""

    exit_code = 3


class StorageError(BodycamError, OSError):
    """The disk refused to take or give a file."""


class FetchError(BodycamError, OSError):
    """A download that cannot begin, broke off, or brought another file."""


class KeyFileError(BodycamError, ValueError):
    """A signing key that cannot be used, or that would be overwritten."""

    exit_code = 2


class DatasetError(BodycamError, ValueError):
    """Labelled pictures or recordings that cannot be read, or that label nothing known."""

    exit_code = 2


class SignatureError(BodycamError):
    """A signature that is not by this key, or not over this text."""


class WorkListError(BodycamError, ValueError):
    """A batch's list that cannot be read, or that names nothing to do."""

    exit_code = 2


class LedgerError(BodycamError, RuntimeError):
    """A ledger that another batch holds, that is damaged, or that another version wrote."""


class LateResultError(LedgerError):
    """A result under a lease that was given to someone else meanwhile: it is not taken."""


class VaultError(BodycamError, ValueError):
    """A vault, a key or a sealed recording that cannot be used."""


class SealBrokenError(VaultError):
    """A sealed recording that is not what was sealed: changed, cut, or another one in its place."""


class CustodyLogError(VaultError):
    """A custody log that is damaged, was rewritten, or lacks what it must hold."""


class PageError(BodycamError, ValueError):
    """A review page that cannot listen there, or must not."""

    exit_code = 2


class MeasuringError(BodycamError, RuntimeError):
    """A debug build, a program that fails, or output that is not what was asked for: no figure comes of it."""


class BoxError(BodycamError, RuntimeError):
    """This machine cannot hold back what decodes a stranger's file, and nobody said to do without."""


class WorkerError(BodycamError, RuntimeError):
    """A step that failed on two workers."""
