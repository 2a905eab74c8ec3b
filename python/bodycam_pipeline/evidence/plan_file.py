"""``plan.parquet``: the plan as one file that any Parquet reader opens. Described in docs/plan-format.md."""

import hashlib
import json
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bodycam_pipeline.durable import write_atomically
from bodycam_pipeline.evidence.parquet import parquet_bytes
from bodycam_pipeline.foreign import parse_json
from bodycam_pipeline.values.errors import PlanError
from bodycam_pipeline.values.geometry import Region
from bodycam_pipeline.values.plan import (
    REGION_SCHEMA,
    Dismissed,
    DrawnTrack,
    KeptTrack,
    MutedSpan,
    Plan,
    WithheldSpan,
    json_pieces,
)
from bodycam_pipeline.values.timeline import Span

METADATA_KEY = b"bodycam_plan"
"""The one key of the schema's metadata that holds everything about the plan but its regions, as JSON."""

VERSION = 5

_ROWS_PER_GROUP = 65_536


def write_plan(plan: Plan, path: Path) -> None:
    """Write a plan. Equal plans give identical bytes (under one version of pyarrow).

    Raises:
        StorageError: the disk refused.
    """
    facts = _facts(plan)
    facts["sha256"] = _digest(facts, plan)
    schema = REGION_SCHEMA.with_metadata({METADATA_KEY: json.dumps(facts, sort_keys=True).encode()})
    content = parquet_bytes(plan.regions.cast(schema), compression="zstd", row_group_size=_ROWS_PER_GROUP)
    write_atomically(path, content, private=True)


def read_plan(path: Path) -> Plan:
    """Read a plan that `write_plan` wrote.

    Raises:
        PlanError: not there, not a plan, of another version, or changed since it was written.
    """
    table = _table(path)
    facts = _metadata(table, path)
    try:
        plan = _plan(facts, table.replace_schema_metadata(None).combine_chunks())
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise _not_a_plan(path) from error
    if facts.pop("sha256", None) != _digest(facts, plan):
        raise PlanError(
            f"{path} was changed after it was written: its digest does not match",
            remedy="Put changes into edits.toml, which says who made them, and take the plan from `bodycam detect`.",
        )
    return plan


def plan_sha256(plan: Plan) -> str:
    """Digest of everything that the file holds, names and all: it stays inside, since names can be guessed from it."""
    return _digest(_facts(plan), plan)


def _table(path: Path) -> pa.Table:
    try:
        return pq.read_table(path)
    except FileNotFoundError as error:
        raise PlanError(f"there is no plan at {path}", remedy="Make one with `bodycam detect`.") from error
    except (pa.ArrowException, OSError) as error:
        raise _not_a_plan(path) from error


def _metadata(table: pa.Table, path: Path) -> dict[str, Any]:
    stored = (table.schema.metadata or {}).get(METADATA_KEY)
    if stored is None or not table.schema.equals(REGION_SCHEMA):
        raise _not_a_plan(path)
    try:
        facts = dict(parse_json(stored))
    except (ValueError, TypeError) as error:
        raise _not_a_plan(path) from error
    if "version" not in facts:
        raise _not_a_plan(path)
    if facts["version"] != VERSION:
        raise PlanError(
            f"{path} is a plan of version {facts['version']}; this program reads version {VERSION}",
            remedy="Use the program that wrote it, or make the plan again with `bodycam detect`.",
        )
    return facts


def _not_a_plan(path: Path) -> PlanError:
    return PlanError(f"{path} is not a plan", remedy="Give the plan.parquet that `bodycam detect` wrote.")


def _facts(plan: Plan) -> dict[str, Any]:
    return {
        "version": VERSION,
        "plan_sha256": plan.sha256,
        "recording_sha256": plan.recording_sha256,
        "policy_sha256": plan.policy_sha256,
        "models": plan.models,
        "time_base": [plan.time_base.numerator, plan.time_base.denominator],
        "frames": plan.frames,
        "undecodable_pts": list(plan.undecodable_pts),
        "withheld": [asdict(w) for w in plan.withheld],
        "muted": [asdict(m) for m in plan.muted],
        "kept": [asdict(k) for k in plan.kept],
        "drawn": [asdict(d) for d in plan.drawn],
        "dismissed": [asdict(d) for d in plan.dismissed],
    }


def _digest(facts: dict[str, Any], plan: Plan) -> str:
    """Over everything in the file: the facts as JSON, the public digest of the rows, and the columns it leaves out."""
    hasher = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    hasher.update(plan.sha256.encode())
    for name in ("origin", "score"):
        for piece in json_pieces(plan.regions[name]):
            hasher.update(piece)
    return hasher.hexdigest()


def _plan(facts: dict[str, Any], regions: pa.Table) -> Plan:
    return Plan(
        recording_sha256=facts["recording_sha256"],
        policy_sha256=facts["policy_sha256"],
        models=facts["models"],
        time_base=Fraction(*facts["time_base"]),
        frames=facts["frames"],
        regions=regions,
        undecodable_pts=tuple(facts["undecodable_pts"]),
        withheld=tuple(WithheldSpan(Span(**w["span"]), w["reason"], w["by"], w["kind"]) for w in facts["withheld"]),
        muted=tuple(MutedSpan(Span(**m["span"]), m["reason"], m["by"]) for m in facts["muted"]),
        kept=tuple(
            KeptTrack(k["track"], k["reason"], k["by"], tuple((p, *box) for p, *box in k["places"]))
            for k in facts["kept"]
        ),
        drawn=tuple(DrawnTrack(d["track"], d["by"]) for d in facts["drawn"]),
        dismissed=tuple(
            Dismissed(Span(**d["span"]), Region(**d["region"]), d["reason"], d["by"]) for d in facts["dismissed"]
        ),
    )
