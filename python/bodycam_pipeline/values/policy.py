"""What to hide, how, and under which legal reason: one value, one digest, a TOML file a lawyer can read."""

import hashlib
import json
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from bodycam_pipeline import _native
from bodycam_pipeline.values.choice import OneOf
from bodycam_pipeline.values.detection import Kind
from bodycam_pipeline.values.errors import PolicyError
from bodycam_pipeline.values.hiding import Hiding
from bodycam_pipeline.values.model import Provider
from bodycam_pipeline.values.names import same_person, why_no_name

Style = Annotated[str, AfterValidator(OneOf("style", _native.STYLES))]

LONGEST_CODE = 16
"""Characters of a code: the longest in the shipped profiles has 13, and a region has to hold all of them."""


def _drawable(code: str) -> str:
    if not (1 <= len(code) <= LONGEST_CODE and code.isascii() and code.isprintable() and code == code.strip()):
        raise ValueError(f"a code is 1 to {LONGEST_CODE} printable ASCII characters, without a space at either end")
    return code


Code = Annotated[str, AfterValidator(_drawable)]

Share = Annotated[float, Field(ge=0, le=4)]
RENAMED_DETECTION_WORDS = {"every": "interval", "cut_difference": "scene_change_difference"}
FORMER_DETECTION_WORDS = frozenset({"suspect", "suppress_iou"})
"""Removed without a successor."""
FORMER_DETECTOR_WORDS = frozenset({"models", "long_sides_px"})
"""What `DetectionRule.detectors` says now."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Padding(_Part):
    """How far a region reaches past the detected box, as shares of the box's sides, in the upright frame.

    People are known by hair and head shape: the defaults grow a face box to the head.

    Attributes:
        left, top, right, bottom: Past that side of the box.
        minimum_px_at_1080p: At least so far, in pixels of a frame of 1080 lines; in proportion in others.
    """

    left: Share = 0.20
    top: Share = 0.35
    right: Share = 0.20
    bottom: Share = 0.25
    minimum_px_at_1080p: Annotated[int, Field(ge=0, le=256)] = 24


Admission = Literal["cautious", "balanced", "strict"]

LEAST_EVIDENCE: dict[Admission, float] = {"cautious": -3.0, "balanced": -2.3, "strict": 0.0}
"""The log-odds from which on a track is hidden: one chance in twenty, one in ten, one in two (docs/evidence.md has what
each costs and keeps)."""


FoundBy = Literal["detector", "hand"]


class HideRule(_Part):
    """One kind that is hidden.

    Attributes:
        reason: Why, in words: it stands in the plan and in whatever is made from it.
        code: The same in short, as ``(b)(7)(C)``: what is drawn on the regions where the policy draws codes.
        style: What is painted over this kind; what ``redaction.style`` says where nothing is said. Where regions of two
            styles overlap, the one that reads least of the frame paints: they are listed in that order.
        found_by: Who finds it: a ``detector``, without which no work begins, or a person's ``hand`` alone.
        padding: How far a region reaches around what a detector found; what a person draws is hidden as it is drawn.
        admission: How much evidence is enough: ``cautious`` hides on less, and looks at every frame; ``strict`` hides
            only what is as likely a thing as not. What is not hidden is listed for a person, with its evidence.
    """

    reason: Annotated[str, Field(min_length=1)]
    code: Code | None = None
    style: Style | None = None
    found_by: FoundBy = "detector"
    padding: Padding = Padding()
    admission: Admission = "balanced"

    @model_validator(mode="after")
    def _admits_what_a_detector_finds(self) -> Self:
        if self.found_by == "hand" and "admission" in self.model_fields_set and self.admission != "balanced":
            raise ValueError("found_by = 'hand' leaves nothing to admit: delete admission, or found_by")
        return self

    @property
    def least_evidence(self) -> float:
        """The log-odds from which on a track of this kind is hidden."""
        return LEAST_EVIDENCE[self.admission]


class NetworkRule(_Part):
    """One network, and the scales at which it looks.

    Attributes:
        model: A registered name, a path or ``package:DISTRIBUTION/FILE``.
        long_sides_px: The scales: the longer side of the upright frame as the network sees it.
    """

    model: str
    long_sides_px: Annotated[tuple[Annotated[int, Field(ge=64, le=4096)], ...], Field(min_length=1)]


def _each_once(networks: tuple[NetworkRule, ...]) -> tuple[NetworkRule, ...]:
    """Refuse a network that is named twice: what it sees would count twice, or be lost."""
    names = [network.model for network in networks]
    if twice := [name for name in names if names.count(name) > 1]:
        raise ValueError(f"{twice[0]} is named twice: name it once, with all of its long_sides_px")
    return networks


NetworkRules = Annotated[tuple[NetworkRule, ...], Field(min_length=1), AfterValidator(_each_once)]

SHIPPED_DETECTORS = tuple(
    NetworkRule(model=model, long_sides_px=(640, 1280)) for model in ("centerface-int8", "detector-v1-int8")
)

INTERVAL = 2
"""Networks look at one frame in so many; between, what they saw is followed."""

CAUTIOUS: dict[str, object] = {"interval": 1, "thin_out": False}
"""What a policy of ``cautious`` admission sets of `DetectionRule`, where it says nothing else."""


class DetectionRule(_Part):
    """Who looks, and how closely.

    Attributes:
        detectors: The networks that decide what is hidden. A scale larger than the recording is never used: it would
            show nothing new.
        interval: All detectors look at the first frame of each scene and at one frame in so many after it; in the
            others, what was seen is followed through the pixels. The second look is at the frames between.
        thin_out: While nothing is to be seen that could be hidden, look at half of these frames; not where the next of
            them would come later than a fifth of a second.
        scene_change_difference: Mean luma difference (0..255) of two neighbouring frames above which the scene has
            changed. High on purpose: nothing is followed across a change.
        provider: What computes the networks. Another one gives slightly other boxes, and so is part of the job's key;
            only ``cpu`` is there on every machine.
    """

    detectors: NetworkRules = SHIPPED_DETECTORS
    interval: Annotated[int, Field(ge=1, le=10)] = INTERVAL
    thin_out: bool = False
    scene_change_difference: Annotated[float, Field(gt=0)] = 48.0
    provider: Provider = "cpu"

    @model_validator(mode="before")
    @classmethod
    def _no_former_words(cls, given: object) -> object:
        if isinstance(given, dict):
            for word in RENAMED_DETECTION_WORDS.keys() & given.keys():
                raise ValueError(f"detection.{word} is now called detection.{RENAMED_DETECTION_WORDS[word]}")
            if isinstance(given.get("interval"), list | tuple):
                raise ValueError(
                    "detection.interval is one number for all detectors: they look at one frame in so many"
                )
            for word in FORMER_DETECTOR_WORDS & given.keys():
                raise ValueError(
                    f"detection.{word} is gone: write [[detection.detectors]] for each detector, "
                    "with its model and its long_sides_px"
                )
            for word in FORMER_DETECTION_WORDS & given.keys():
                raise ValueError(
                    f"detection.{word} is gone: delete it; what was seen is followed through the pixels now"
                )
        return given

    @property
    def models(self) -> tuple[str, ...]:
        """The detectors by their names."""
        return tuple(detector.model for detector in self.detectors)


class RedactionRule(_Part):
    """How pixels are hidden.

    Attributes:
        style: What is painted over every kind that has no style of its own.
        grid_px: Regions are snapped outward to multiples of this, because coding carries what is hidden beyond an edge.
        codes: Whether every region says under which code it is hidden. For ``fill`` alone: what a code is drawn on has
            to be plain.
    """

    style: Style = "blur"
    grid_px: Literal[2, 4, 8, 16, 32, 64] = 16
    codes: bool = False

    @model_validator(mode="after")
    def _codes_can_be_read(self) -> "RedactionRule":
        if self.codes and self.style != "fill":
            raise ValueError(f"redaction.codes needs redaction.style = 'fill': on '{self.style}' a code cannot be read")
        return self


class AudioRule(_Part):
    """What becomes of the sound. ``keep`` needs a reason: voices identify people as faces do.

    Attributes:
        policy: Whether there is any.
        reason: Why every voice may be heard.
        tracks: Which of several sound tracks: the one that the file marks as ``default`` (else its first), all of them
            ``mixed`` into one, all of them ``separate``, each a track of its own, or those of these stream numbers,
            mixed where there are several.
    """

    policy: Literal["remove", "mute", "keep"] = "remove"
    reason: str | None = None
    tracks: Literal["default", "mixed", "separate"] | Annotated[tuple[int, ...], Field(min_length=1)] = "default"

    @model_validator(mode="after")
    def _kept_for_a_reason(self) -> "AudioRule":
        if self.policy == "keep" and not (self.reason or "").strip():
            raise ValueError("audio.policy = 'keep' needs audio.reason: say why every voice may be heard")
        return self


Preset = Literal[
    "archive", "standard", "quick", "ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow"
]

PRESETS = {"archive": ("slow", 17), "standard": ("veryfast", 21), "quick": ("superfast", 23)}
"""Words for x264's preset and crf, for who does not know x264. (Not "fast": that is a slow preset of x264.)"""


class EncodingRule(_Part):
    """How the release is coded: H.264 by x264, on every machine (decision 0007 says why no other).

    Attributes:
        preset: x264's trade of time for size; or one word for this and ``crf``, ``archive``, ``standard`` or ``quick``,
            which is read as what it stands for (`PRESETS`), but for a ``crf`` beside it.
        crf: x264's quality, lower is better; 0 is lossless.
        keyframe_interval_ms: The longest distance between two places where a player can start.
        untouched: GOPs in which nothing is hidden are stream-copied bit for bit (``copy``) where that is
            proven to be safe, or encoded anew like all others.
        fields: What becomes of interlaced frames: released with their fields in the recorded order (``keep``), or made
            full frames, one for each (``deinterlace``).
    """

    preset: Preset = "veryfast"
    crf: Annotated[int, Field(ge=0, le=35)] = 21
    keyframe_interval_ms: Annotated[int, Field(ge=200, le=20_000)] = 2_000
    untouched: Literal["copy", "reencode"] = "copy"
    fields: Literal["keep", "deinterlace"] = "keep"

    @model_validator(mode="before")
    @classmethod
    def _in_the_terms_of_x264(cls, given: object) -> object:
        if not isinstance(given, dict) or str(given.get("preset")) not in PRESETS:
            return given
        preset, crf = PRESETS[given["preset"]]
        return {"crf": crf, **given, "preset": preset}


class ReviewRule(_Part):
    """Who has to agree before a release is packaged: so many different people, its submitter only if that is said.

    Attributes:
        approvals: How many different people approve.
        submitter_may_approve: Whether one of them may be the person who submitted it.
        reviewers: Who may submit and approve where anybody has to: names, each with the fingerprint of the person's
            public key. No public digest is over them.
    """

    approvals: Annotated[int, Field(ge=0, le=9)] = 0
    submitter_may_approve: bool = False
    reviewers: dict[str, Annotated[str, Field(pattern="^[0-9a-f]{64}$")]] = {}

    @model_validator(mode="after")
    def _each_reviewer_is_one_person(self) -> Self:
        for name in self.reviewers:
            if odd := why_no_name(name):
                raise ValueError(f"review.reviewers has {name!r}, which is not a name: {odd}")
        if len({same_person(name) for name in self.reviewers}) < len(self.reviewers):
            raise ValueError("review.reviewers names one person twice: other spellings of a name are that name")
        if len(set(self.reviewers.values())) < len(self.reviewers):
            raise ValueError("review.reviewers gives one key to two people: each makes their own (`bodycam keys new`)")
        return self

    @model_validator(mode="after")
    def _approvals_can_be_given(self) -> Self:
        people = self.approvals + (1 if self.approvals and not self.submitter_may_approve else 0)
        if len(self.reviewers) < people:
            raise ValueError(
                f"review.approvals = {self.approvals} takes {people} people in review.reviewers, "
                f"and {len(self.reviewers)} are named: each makes a key (`bodycam keys new`) and gives you the line "
                "that it prints"
            )
        return self


class GateRule(_Part):
    """The second look: who looks at the finished file, and what makes a person look too.

    Attributes:
        second_look: ``off`` is refused for a release.
        auditors: Who looks: none of them as a detector does, but by another network or at another scale. One with a
            detector's weights moves to a scale of its own where the recording is so small that they would meet.
        stride: Every how many frames it looks; 1 is every frame, and the manifest says what it was.
        least_looks: In how many looks a thing must be seen to count.
        smallest_px: The shorter side, in pixels of the finished frame, below which nothing counts.
    """

    second_look: Literal["on", "off"] = "on"
    auditors: NetworkRules = (
        NetworkRule(model="auditor-centerface", long_sides_px=(480,)),
        NetworkRule(model="auditor-v1", long_sides_px=(960,)),
    )
    stride: Annotated[int, Field(ge=1, le=30)] = 1
    least_looks: Annotated[int, Field(ge=1, le=10)] = 1
    smallest_px: Annotated[int, Field(ge=1, le=64)] = 12


MOST_KINDS = 64
"""Kinds of one policy; the shipped ones have eight."""


class Policy(_Part):
    """Everything a job is told.

    Attributes:
        name: What the policy is called in manifests and reports.
        purpose: ``internal`` permits what no release may do.
    """

    name: str = "release"
    purpose: Literal["release", "internal"] = "release"
    hide: Annotated[dict[Kind, HideRule], Field(min_length=1, max_length=MOST_KINDS)] = {
        "face": HideRule(reason="personal privacy"),
        "plate": HideRule(reason="personal privacy", padding=Padding(left=0.15, top=0.25, right=0.15, bottom=0.25)),
        "document": HideRule(reason="personal privacy", found_by="hand"),
        "house-number": HideRule(reason="personal privacy", found_by="hand"),
        "interior": HideRule(reason="personal privacy", found_by="hand"),
        "minor": HideRule(reason="personal privacy", found_by="hand"),
        "screen": HideRule(reason="personal privacy", found_by="hand"),
        "tattoo": HideRule(reason="personal privacy", found_by="hand"),
    }
    detection: DetectionRule = DetectionRule()
    redaction: RedactionRule = RedactionRule()
    audio: AudioRule = AudioRule()
    encoding: EncodingRule = EncodingRule()
    review: ReviewRule = ReviewRule()
    gate: GateRule = GateRule()

    @model_validator(mode="before")
    @classmethod
    def _no_tracking(cls, given: object) -> object:
        if isinstance(given, dict) and "tracking" in given:
            raise ValueError(
                "tracking is gone: boxes are followed through the pixels now. Delete the part, and say how much is "
                "enough to hide something with admission = 'cautious', 'balanced' or 'strict' under hide.face"
            )
        return given

    @model_validator(mode="before")
    @classmethod
    def _cautious_looks_everywhere(cls, given: object) -> object:
        if not isinstance(given, dict) or not isinstance(given.get("hide"), dict):
            return given
        if "cautious" not in map(_admission, given["hide"].values()):
            return given
        detection = given.get("detection", {})
        if isinstance(detection, DetectionRule):
            rest = {key: value for key, value in CAUTIOUS.items() if key not in detection.model_fields_set}
            return {**given, "detection": detection.model_copy(update=rest)}
        return {**given, "detection": {**CAUTIOUS, **detection}} if isinstance(detection, dict) else given

    @model_validator(mode="after")
    def _releases_are_looked_at_twice(self) -> "Policy":
        if self.purpose == "release" and self.gate.second_look == "off":
            raise ValueError(
                "gate.second_look = 'off': a release is looked at twice; set purpose = 'internal' for a working copy"
            )
        return self

    @model_validator(mode="after")
    def _releases_hide_for_good(self) -> "Policy":
        styles = {"redaction": self.redaction.style} | {
            f"hide.{kind}": style for kind, style in self.own_styles.items()
        }
        unsafe = [part for part, style in styles.items() if style not in _native.SHIPPING_STYLES]
        if self.purpose == "release" and unsafe:
            raise ValueError(
                f"{unsafe[0]}.style '{styles[unsafe[0]]}' reads the pixels it hides: blurred faces have been "
                f"re-identified in 95.9 % of cases (arXiv 2506.12344). A release takes "
                f"{', '.join(_native.SHIPPING_STYLES)}; set purpose = 'internal' for a working copy"
            )
        return self

    @model_validator(mode="after")
    def _codes_can_be_read(self) -> "Policy":
        for kind, style in self.own_styles.items():
            if self.redaction.codes and style != "fill":
                raise ValueError(
                    f"redaction.codes needs hide.{kind}.style = 'fill': on '{style}' a code cannot be read"
                )
        return self

    @model_validator(mode="after")
    def _codes_are_known(self) -> "Policy":
        missing = [kind for kind, rule in self.hide.items() if self.redaction.codes and rule.code is None]
        if missing:
            raise ValueError(
                f"redaction.codes needs hide.{missing[0]}.code: what is drawn where a {missing[0]} is hidden"
            )
        return self

    def with_models(self, models: Sequence[str], long_sides_px: Sequence[int] = ()) -> Self:
        """The policy with other detectors.

        Args:
            models: Their names.
            long_sides_px: The scales of each; empty for every scale at which a detector of this policy looks.

        Raises:
            PolicyError: no model, or one that is named twice.
        """
        sides = long_sides_px or sorted({side for each in self.detection.detectors for side in each.long_sides_px})
        detectors = [{"model": model, "long_sides_px": tuple(sides)} for model in models]
        try:
            detection = DetectionRule.model_validate({**dict(self.detection), "detectors": detectors})
        except ValidationError as error:
            said = str(error.errors(include_url=False)[0]["msg"]).removeprefix("Value error, ")
            raise PolicyError(f"--model {' --model '.join(models)}: {said}", remedy="Name each model once.") from None
        return self.model_copy(update={"detection": detection})

    def with_second_look(self, second_look: Literal["on", "off"]) -> Self:
        """The policy with the gate on or off.

        Raises:
            PolicyError: off, for a release.
        """
        if second_look == "off" and self.purpose == "release":
            raise PolicyError(
                "--gate off under a release policy",
                remedy="A release is looked at twice. Set purpose = 'internal' for a working copy.",
            )
        return self.model_copy(update={"gate": self.gate.model_copy(update={"second_look": second_look})})

    @property
    def drawn_by_hand_only(self) -> tuple[Kind, ...]:
        """The kinds that no detector looks for."""
        return tuple(sorted(kind for kind, rule in self.hide.items() if rule.found_by == "hand"))

    @property
    def found_by_detectors(self) -> tuple[Kind, ...]:
        """The kinds that detectors look for."""
        return tuple(sorted(kind for kind, rule in self.hide.items() if rule.found_by == "detector"))

    @property
    def reasons(self) -> tuple[str, ...]:
        """The reasons that a person may pick from, each once, in the order of the policy."""
        return tuple(dict.fromkeys(rule.reason for rule in self.hide.values()))

    @property
    def own_styles(self) -> dict[Kind, str]:
        """The styles of the kinds that are painted otherwise than the rest."""
        usual = self.redaction.style
        return {kind: rule.style for kind, rule in self.hide.items() if rule.style and rule.style != usual}

    @property
    def hiding(self) -> Hiding:
        """How the regions of each kind are hidden."""
        return Hiding(self.redaction.style, self.own_styles, self.drawn_codes)

    @property
    def drawn_codes(self) -> dict[Kind, str]:
        """What is drawn on the regions of each kind; empty where the policy draws nothing."""
        return {kind: rule.code for kind, rule in self.hide.items() if self.redaction.codes and rule.code}

    @property
    def sha256(self) -> str:
        """Digest of the canonical JSON of every value, defaults included: two files that mean the same are the same.

        It is public, and names can be guessed: it is not over the reviewers.
        """
        return _digest(self, exclude={"review": {"reviewers"}})

    @property
    def detection_sha256(self) -> str:
        """Digest of what detection alone depends on: a new style or reason needs no new look."""
        return _digest(self.detection)


def _admission(rule: object) -> object:
    return rule.get("admission") if isinstance(rule, dict) else getattr(rule, "admission", None)


_LATER: dict[str, dict[str, object]] = {"encoding": {"fields": "keep"}, "detection": {"thin_out": False}}
"""Keys that came later, and their defaults: a digest is over them where they are set to something else, so that what
was released before is still known as its policy's work. So it is over a kind's style where that is one of its own."""


def _digest(part: BaseModel, exclude: dict[str, set[str]] | None = None) -> str:
    values = part.model_dump(mode="json", exclude=exclude)
    if isinstance(part, Policy):
        _drop_what_came_later(values, part)
    canonical = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _drop_what_came_later(values: dict[str, Any], policy: Policy) -> None:
    for name, later in _LATER.items():
        if values[name].items() >= later.items():
            values[name] = {key: value for key, value in values[name].items() if key not in later}
    for kind in values["hide"].keys() - policy.own_styles.keys():
        del values["hide"][kind]["style"]
