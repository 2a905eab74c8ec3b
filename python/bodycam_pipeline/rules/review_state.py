"""Where a release stands between draft and released, told from its history and nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from bodycam_pipeline.values.event import Event, What
from bodycam_pipeline.values.names import same_person

State = Literal["draft", "in review", "approved", "released"]

_ALLOWED: dict[What, tuple[State, ...]] = {
    "submitted": ("draft",),
    "approved": ("in review",),
    "rejected": ("in review", "approved"),
    "disclosed": ("released",),
    "opened": ("released",),
}
"""What may be done in which state; everything else may be done in any."""


@dataclass(frozen=True, slots=True)
class ReviewState:
    """Where a release stands.

    Attributes:
        state: The last state that it reached.
        approvals: Who approved it since it was last submitted.
        needed: How many different people its policy asks for.
        submitter: Whose approval does not count, being their own; None where anybody's does.
        sent_back_by: Who asked for changes of this draft; None where nobody did.
    """

    state: State
    approvals: tuple[str, ...]
    needed: int
    submitter: str | None = None
    sent_back_by: str | None = None

    @property
    def may_be_released(self) -> bool:
        """Whether as many different people approved as the policy asks for."""
        return len({same_person(name) for name in self.approvals}) >= self.needed

    def refusal(self, what: What, by: str) -> str:
        """Why this person may not do this now; empty where they may."""
        allowed = _ALLOWED.get(what)
        if allowed is not None and self.state not in allowed:
            return f"what is {self.state} cannot be {what}: it has to be {' or '.join(allowed)}"
        if what == "released" and not self.may_be_released:
            return f"it takes {self.needed} approvals by different people"
        if what == "approved" and self.needed and self.submitter and same_person(by) == same_person(self.submitter):
            return f"{by} submitted it: somebody else approves, unless the policy says submitter_may_approve"
        if what == "approved" and same_person(by) in {same_person(name) for name in self.approvals}:
            return f"{by} has approved it already: it takes different people"
        return ""


def review_state(history: Iterable[Event], release: str, needed: int, *, own: bool = True) -> ReviewState:
    """The review state of the release whose manifest has this SHA-256; what was done to another one does not count.

    Args:
        history: What was done to its job.
        release: Of its manifest.
        needed: How many different people its policy asks for.
        own: Whether the approval of who submitted it counts.
    """
    state: State = "draft"
    approvals: list[str] = []
    submitter: str | None = None
    sent_back_by: str | None = None
    for event in (event for event in history if event.release == release):
        match event.what:
            case "submitted":
                state, approvals, submitter, sent_back_by = "in review", [], None if own else event.by, None
            case "approved" if needed and submitter and same_person(event.by) == same_person(submitter):
                continue
            case "approved":
                approvals.append(event.by)
                enough = len({same_person(name) for name in approvals}) >= needed
                state = "approved" if enough else "in review"
            case "rejected":
                state, approvals, sent_back_by = "draft", [], event.by
            case "released":
                state = "released"
    return ReviewState(state, tuple(approvals), needed, submitter, sent_back_by)
