"""Small jobs for the attacks: a recording from given planes, a plan by hand, a release to compare byte by byte."""

from collections.abc import Sequence
from pathlib import Path

from bodycam_pipeline.pipeline import Order, Published, render
from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.running.runner import Runner
from bodycam_pipeline.values.geometry import Region
from bodycam_pipeline.values.plan import Plan, PlannedRegion, region_table
from bodycam_pipeline.values.policy import Policy, Style
from tests.clips import Picture, clip
from tests.inline import InlineRunner


def one_detector(model: str, **more: object) -> dict[str, object]:
    """What a policy says of detection by one network, which looks once, at a small picture."""
    return {"detectors": [{"model": model, "long_sides_px": [320]}], **more}


QUICK = one_detector("detector-v1-int8")
"""One small look: the attacks are not about recall."""

QUICK_HIDE = {
    "face": {"reason": "personal privacy", "found_by": "hand"},
    "plate": {"reason": "personal privacy", "padding": {"left": 0.15, "top": 0.25, "right": 0.15, "bottom": 0.25}},
}
"""That look finds plates alone."""

QUICK_GATE = {"auditors": [{"model": "detector-v1-int8", "long_sides_px": [256]}], "least_looks": 10}
"""And a smaller second one, with eyes as weak: what a better network sees is another test's."""


def quick_policy(style: Style = "blur", **parts: object) -> Policy:
    rules = {"hide": QUICK_HIDE, "detection": QUICK, "gate": QUICK_GATE, "redaction": {"style": style}}
    return Policy.model_validate({**rules, **parts})


CODES = {"face": "(b)(6)", "plate": "s. 40(2)"}


def coded_policy(**parts: object) -> Policy:
    """Make a `quick_policy` with the code of its kind on every region."""
    hide = {kind: {**QUICK_HIDE[kind], "reason": f"under {code}", "code": code} for kind, code in CODES.items()}
    return quick_policy(**{"hide": hide, "redaction": {"style": "fill", "codes": True}, **parts})


def recording_of(folder: Path, pictures: Sequence[Picture]) -> Path:
    """A lossless recording of exactly these pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    size = pictures[0].size
    return clip(folder / "recording.mp4", pictures=pictures, frames=len(pictures), size=size, lossless=True)


MIXED_HIDE = {
    "face": {**QUICK_HIDE["face"], "style": "blur"},
    "plate": {**QUICK_HIDE["plate"], "style": "fill"},
    "screen": {"reason": "personal privacy", "found_by": "hand", "style": "mosaic"},
}
"""Each kind in a style of its own."""


def plan_of(
    path: Path, policy: Policy, regions: Sequence[tuple[int, Region]], kinds: Sequence[str] = ("face",)
) -> Plan:
    """A plan that hides each region in every frame, as the given track; tracks are of these kinds in turn."""
    recording = probe(str(path))
    rows = [
        PlannedRegion(int(pts), region, kinds[track % len(kinds)], track, "manual", None, "a test")
        for pts in recording.packets.shown_pts()
        for track, region in regions
    ]
    return Plan(
        recording_sha256=recording.sha256,
        policy_sha256=policy.sha256,
        models={},
        time_base=recording.video.time_base,
        frames=len(recording.packets.shown_pts()),
        regions=region_table(rows),
    )


def rendered(path: Path, policy: Policy, plan: Plan, runner: Runner | None = None) -> Published:
    """The release of a plan, beside its recording."""
    return render(Order(str(path), path.parent / "out", policy), plan, runner or InlineRunner())


def files_of(published: Published) -> dict[str, bytes]:
    """Every byte that is handed out."""
    return {path.name: path.read_bytes() for path in sorted(published.folders.release.iterdir())}
