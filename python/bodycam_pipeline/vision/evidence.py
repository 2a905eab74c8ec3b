"""The evidence tables that ship beside the models: what the word of networks is worth, measured for them together."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from pydantic import BaseModel, ConfigDict

from bodycam_pipeline.values.detection import Kind
from bodycam_pipeline.values.evidence import Evidence, KindWeights
from bodycam_pipeline.values.model import Model
from bodycam_pipeline.vision.registry import MODELS

FILE = "evidence.json"


class _Network(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    sha256: str
    lowest: dict[Kind, float]


class _Weights(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    look: tuple[float, ...]
    track: tuple[float, ...]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    networks: tuple[_Network, ...]
    kinds: dict[Kind, _Weights]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    tables: tuple[_Table, ...]


@dataclass(frozen=True)
class Worth:
    """What the word of a job's networks is worth, and from which score on each is listened to.

    Attributes:
        evidence: For the networks together.
        lowest: For each of the networks, by kind.
    """

    evidence: Evidence
    lowest: tuple[dict[Kind, float], ...]


def worth_of(models: Sequence[Model]) -> Worth:
    """What these networks' word is worth together.

    Where they were never calibrated together there is no table: then each network's own thresholds decide.
    """
    table = _table({model.sha256: position for position, model in enumerate(models)})
    return _by_thresholds(models) if table is None else _by_table(table, models)


def _table(wanted: dict[str, int]) -> _Table | None:
    return next((t for t in _file().tables if {n.sha256 for n in t.networks} == wanted.keys()), None)


def _by_table(table: _Table, models: Sequence[Model]) -> Worth:
    position = {model.sha256: number for number, model in enumerate(models)}
    lowest = {network.sha256: network.lowest for network in table.networks}
    knows = {
        kind: tuple(position[network.sha256] for network in table.networks if kind in network.lowest)
        for kind in sorted({kind for network in table.networks for kind in network.lowest})
    }
    weights = {kind: KindWeights(each.look, each.track) for kind, each in table.kinds.items()}
    digest = hashlib.sha256(table.model_dump_json().encode()).hexdigest()
    return Worth(Evidence(knows, weights, sha256=digest), tuple(lowest[model.sha256] for model in models))


def _by_thresholds(models: Sequence[Model]) -> Worth:
    kinds = sorted({kind for model in models for kind in model.kinds})
    knows = {kind: tuple(n for n, model in enumerate(models) if kind in model.kinds) for kind in kinds}
    thresholds = {kind: tuple(models[n].kinds[kind] for n in numbers) for kind, numbers in knows.items()}
    lowest = tuple({kind: limits.low for kind, limits in model.kinds.items()} for model in models)
    return Worth(Evidence(knows, thresholds=thresholds), lowest)


@cache
def _file() -> _File:
    return _File.model_validate_json((MODELS / FILE).read_bytes())
