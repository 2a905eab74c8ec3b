"""One entry of a list of models, as `models.toml` holds it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from bodycam_pipeline.foreign import parse_toml, read_text
from bodycam_pipeline.values.detection import Kind
from bodycam_pipeline.values.errors import ModelError
from bodycam_pipeline.values.model import Head, Model, Role, Thresholds
from bodycam_pipeline.vision.heads import HEAD_DEFAULTS

MAX_CLASSES = 1000
"""Classes of the largest public detectors: a few hundred."""

Score = Annotated[float, Field(gt=0, lt=1)]
Colour = Annotated[float, Field(allow_inf_nan=False)]
Colours = tuple[Colour, Colour, Colour]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Limits(_Part):
    """Scores of one kind on the model's own scale."""

    high: Score
    low: Score

    @model_validator(mode="after")
    def _continues_on_less(self) -> "Limits":
        if self.low > self.high:
            raise ValueError("a low threshold above the high one would end every track where it begins")
        return self


class ModelEntry(_Part):
    """A model as a list describes it; `models.toml` says what each word means.

    Attributes:
        file, package, address: Where it is; exactly one of them.
        made_from: Digest of the model whose weights these are in another form.
        classes: For heads whose classes are the weights' own: which class index is which kind.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
    file: Annotated[str, Field(pattern=r"^[^/\\]+$")] | None = None
    package: str | None = None
    address: str | None = None
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    head: Head
    channels: Literal["rgb", "bgr"]
    mean: Colours
    factor: Colours
    licence: Annotated[str, Field(min_length=1)]
    role: Role = "detector"
    source: Annotated[str, Field(min_length=1)]
    made_from: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    classes: dict[Annotated[int, Field(ge=0, lt=MAX_CLASSES)], Kind] | None = None
    kinds: Annotated[dict[Kind, Limits], Field(min_length=1)]

    @model_validator(mode="after")
    def _can_find_its_kinds(self) -> "ModelEntry":
        if [self.file, self.package, self.address].count(None) != 2:
            raise ValueError("one of file, package and address says where the model is")
        fixed = HEAD_DEFAULTS[self.head].classes
        if fixed is None and not self.classes:
            raise ValueError(f"`classes` is required for head {self.head}: which class is which kind")
        if fixed is not None and self.classes is not None:
            raise ValueError(f"the classes of {self.head} are its own: {', '.join(filter(None, fixed))}")
        if missing := set(self.kinds) - set(fixed or (self.classes or {}).values()):
            raise ValueError(f"no class of it is {', '.join(sorted(missing))}")
        return self

    def model(self, path: Path) -> Model:
        """The model that it describes, whose file lies there."""
        return Model(
            name=self.name,
            path=str(path),
            sha256=self.sha256,
            head=self.head,
            classes=HEAD_DEFAULTS[self.head].classes or _listed(self.classes or {}),
            kinds={kind: Thresholds(limits.high, limits.low) for kind, limits in self.kinds.items()},
            channels=self.channels,
            mean=self.mean,
            factor=self.factor,
            licence=self.licence,
            role=self.role,
            made_from=self.made_from,
        )


class _List(_Part):
    model: tuple[ModelEntry, ...] = ()


def read_entries(path: Path) -> dict[str, ModelEntry]:
    """The entries of a list by name, in its order.

    Raises:
        ModelError: the file cannot be read, or an entry is not one, or a name stands there twice.
    """
    remedy = f"Correct {path}."
    try:
        listed = _List.model_validate(parse_toml(read_text(path))).model
    except ValidationError as error:
        raise ModelError(f"{path}: {_problem(error)}", remedy=remedy) from None
    except (OSError, ValueError) as error:
        raise ModelError(f"cannot read {path}: {error}", remedy=remedy) from error
    entries = {entry.name: entry for entry in listed}
    if len(entries) < len(listed):
        raise ModelError(f"{path} has two entries with the same name", remedy=remedy)
    return entries


def model_entry(facts: Mapping[str, object], where: str) -> ModelEntry:
    """Make an entry of what a person or a list says of a model.

    Raises:
        ModelError: something about it is wrong; ``where`` names it.
    """
    try:
        return ModelEntry.model_validate(facts)
    except ValidationError as error:
        raise ModelError(f"{where}: {_problem(error)}", remedy="Correct this value and run again.") from None


def _listed(classes: Mapping[int, Kind]) -> tuple[Kind | None, ...]:
    return tuple(classes.get(number) for number in range(max(classes) + 1))


def _problem(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {str(first['msg']).removeprefix('Value error, ')}"
