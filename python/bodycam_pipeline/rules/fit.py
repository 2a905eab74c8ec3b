"""Whether a plan belongs to a recording and a policy."""

import numpy as np
import pyarrow as pa

from bodycam_pipeline.values.errors import Place, PlanError
from bodycam_pipeline.values.plan import Plan
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.values.recording import Recording, VideoFacts


def check_fits(plan: Plan, recording: Recording, policy: Policy) -> None:
    """Refuse to render a plan that was made for something else.

    Raises:
        PlanError: another recording, another policy, another clock, or a region of a frame that does not exist.
    """
    again = "Run `bodycam detect` on this recording with this policy, or give the ones that the plan was made for."
    where = Place(recording=recording.name)
    if plan.recording_sha256 != recording.sha256:
        raise PlanError(
            f"the plan belongs to another recording (sha256 {plan.recording_sha256})", remedy=again, where=where
        )
    if plan.policy_sha256 != policy.sha256:
        raise PlanError(f"a plan under another policy (sha256 {plan.policy_sha256})", remedy=again, where=where)
    shown = recording.packets.shown_pts()
    if plan.time_base != recording.video.time_base or plan.frames != len(shown):
        raise PlanError("a plan with another clock or number of frames", remedy=again, where=where)
    strangers = np.setdiff1d(np.concatenate([plan.regions["pts"].to_numpy(), plan.undecodable_pts]), shown)
    if strangers.size:
        raise PlanError(
            f"{strangers.size} planned frames do not exist",
            remedy=again,
            where=Place(recording=recording.name, pts=int(strangers[0])),
        )
    if _outside(plan.regions, recording.video):
        raise PlanError("a region reaches past the frame or is empty", remedy=again, where=where)


def _outside(regions: pa.Table, video: VideoFacts) -> bool:
    left, top, right, bottom = (regions[side].to_numpy() for side in ("left", "top", "right", "bottom"))
    inside = (left >= 0) & (left < right) & (right <= video.width)
    inside &= (top >= 0) & (top < bottom) & (bottom <= video.height)
    return not bool(inside.all())
