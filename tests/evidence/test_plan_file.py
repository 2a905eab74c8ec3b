"""The plan as a file: what goes in comes back, and what was changed is refused."""

import json
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bodycam_pipeline.evidence.plan_file import METADATA_KEY, VERSION, read_plan, write_plan
from bodycam_pipeline.values.errors import PlanError, StorageError
from bodycam_pipeline.values.geometry import Region
from bodycam_pipeline.values.plan import Dismissed, KeptTrack, MutedSpan, PlannedRegion, WithheldSpan
from bodycam_pipeline.values.timeline import Span
from tests.rules.build import plan, row

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
SPANS = st.tuples(st.integers(-(2**40), 2**40), st.integers(1, 2**40)).map(lambda s: Span(s[0], s[0] + s[1]))
REGIONS = st.builds(Region, *[st.integers(0, 2**31 - 1)] * 4)
PLACES = st.lists(st.tuples(*[st.integers(0, 2**31 - 1)] * 5), max_size=2).map(tuple)
ROWS = st.builds(
    PlannedRegion,
    pts=st.integers(-(2**62), 2**62),
    region=REGIONS,
    kind=st.sampled_from(["face", "plate"]),
    track=st.integers(1, 2**31 - 1),
    origin=st.sampled_from(["detected", "followed", "guessed", "manual"]),
    score=st.none() | st.floats(0, 1, width=32),
    reason=TEXT,
)
PLANS = st.builds(
    plan,
    rows=st.lists(ROWS, max_size=6),
    undecodable_pts=st.lists(st.integers(0, 99), max_size=3).map(tuple),
    withheld=st.lists(st.builds(WithheldSpan, SPANS, TEXT, TEXT), max_size=2).map(tuple),
    muted=st.lists(st.builds(MutedSpan, SPANS, TEXT, TEXT), max_size=2).map(tuple),
    kept=st.lists(st.builds(KeptTrack, st.integers(1, 9), TEXT, TEXT, PLACES), max_size=2).map(tuple),
    dismissed=st.lists(st.builds(Dismissed, SPANS, REGIONS, TEXT, TEXT), max_size=2).map(tuple),
)
IN_A_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)

FULL = plan(
    [row(0, score=None), row(40, reason="child", track=2)],
    undecodable_pts=(80,),
    withheld=(WithheldSpan(Span(80, 120), "damage", "R. Officer"),),
    muted=(MutedSpan(Span(0, 40), "a name", "R. Officer"),),
    kept=(KeptTrack(3, "requester", "R. Officer"),),
)


@given(PLANS)
@IN_A_FOLDER
def test_a_plan_comes_back_as_it_was(tmp_path, made):
    write_plan(made, tmp_path / "plan.parquet")
    back = read_plan(tmp_path / "plan.parquet")
    assert back == made
    assert back.sha256 == made.sha256


def test_equal_plans_are_equal_bytes_however_their_rows_came(tmp_path):
    rows = [row(pts, track=t) for pts in range(0, 400, 40) for t in (1, 2)]
    write_plan(plan(rows), tmp_path / "a")
    write_plan(plan(rows[::-1]), tmp_path / "b")
    sliced = replace(plan(rows), regions=pa.concat_tables([plan(rows[:7]).regions, plan(rows[7:]).regions]))
    write_plan(sliced, tmp_path / "c")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() == (tmp_path / "c").read_bytes()


def test_a_plan_is_readable_by_anyone_who_has_parquet(tmp_path):
    write_plan(FULL, tmp_path / "plan.parquet")
    table = pq.read_table(tmp_path / "plan.parquet")
    assert table["reason"].to_pylist() == ["privacy", "child"]
    assert json.loads(table.schema.metadata[METADATA_KEY])["kept"][0]["by"] == "R. Officer"


def test_refuses_a_plan_that_is_not_there(tmp_path):
    with pytest.raises(PlanError, match="no plan at"):
        read_plan(tmp_path / "plan.parquet")


@pytest.mark.parametrize("content", [b"", b"PAR1", b"not parquet at all" * 9])
def test_refuses_what_is_not_parquet(tmp_path, content):
    path = tmp_path / "plan.parquet"
    path.write_bytes(content)
    with pytest.raises(PlanError, match="is not a plan"):
        read_plan(path)


def test_refuses_a_folder(tmp_path):
    with pytest.raises(PlanError, match="is not a plan"):
        read_plan(tmp_path)


def test_refuses_parquet_that_is_not_a_plan(tmp_path):
    pq.write_table(pa.table({"pts": [1, 2]}), tmp_path / "other.parquet")
    with pytest.raises(PlanError, match="is not a plan"):
        read_plan(tmp_path / "other.parquet")


def changed(path, *, facts=lambda f: f, rows=lambda t: t):
    """The file with something changed, and everything else as it was."""
    table = pq.read_table(path)
    stored = json.loads(table.schema.metadata[METADATA_KEY])
    table = rows(table)
    pq.write_table(table.replace_schema_metadata({METADATA_KEY: json.dumps(facts(stored)).encode()}), path)


@pytest.mark.parametrize(
    "change",
    [
        {"rows": lambda t: t.slice(1)},
        {"rows": lambda t: t.set_column(1, t.schema.field(1), pa.array([5, 5], pa.int32()))},
        {"rows": lambda t: t.set_column(8, t.schema.field(8), pa.array([0.25, 0.25], pa.float32()))},
        {"rows": lambda t: t.set_column(9, t.schema.field(9), pa.array(["x", "y"]))},
        {"facts": lambda f: f | {"kept": []}},
        {"facts": lambda f: f | {"withheld": []}},
        {"facts": lambda f: f | {"recording_sha256": "00" * 32}},
        {"facts": lambda f: f | {"models": {}}},
        {"facts": lambda f: f | {"frames": 9}},
        {"facts": lambda f: f | {"plan_sha256": "00" * 32}},
        {"facts": lambda f: {k: v for k, v in f.items() if k != "sha256"}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_refuses_a_plan_that_was_changed_after_it_was_written(tmp_path, change):
    path = tmp_path / "plan.parquet"
    write_plan(FULL, path)
    changed(path)
    read_plan(path)
    changed(path, **change)
    with pytest.raises(PlanError, match="digest does not match"):
        read_plan(path)


@pytest.mark.parametrize(
    "facts",
    [
        lambda _: [],
        lambda _: {"version": VERSION},
        lambda f: f | {"withheld": [1]},
        lambda f: f | {"kept": [{"track": 1}]},
        lambda f: f | {"time_base": [1, 0]},
    ],
)
def test_refuses_facts_that_make_no_sense(tmp_path, facts):
    path = tmp_path / "plan.parquet"
    write_plan(FULL, path)
    changed(path, facts=facts)
    with pytest.raises(PlanError, match="is not a plan"):
        read_plan(path)


def test_refuses_another_version_and_says_which(tmp_path):
    path = tmp_path / "plan.parquet"
    write_plan(FULL, path)
    changed(path, facts=lambda f: f | {"version": VERSION + 1})
    with pytest.raises(PlanError, match=f"version {VERSION + 1}"):
        read_plan(path)


def test_a_folder_that_is_not_there_is_a_storage_error(tmp_path):
    with pytest.raises(StorageError):
        write_plan(FULL, tmp_path / "nowhere" / "plan.parquet")
