"""Lists: everything that is named becomes a job, and what is unclear is refused before any work begins."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bodycam_pipeline.backlog.orders import order_of, queue_item
from bodycam_pipeline.backlog.work_list import work_items
from bodycam_pipeline.running.ledger_file import Lease
from bodycam_pipeline.values.address import name_of
from bodycam_pipeline.values.errors import EditsError, MissingModelError, PolicyError, WorkListError
from bodycam_pipeline.values.policy import Policy
from tests.backlog.conftest import FAST_TOML

EDITS = '[[withhold]]\nfrom = "0"\nto = "0.5"\nreason = "a dwelling"\nby = "R. Officer"\n'


def listed(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "list.csv"
    path.write_text(text)
    return path


def test_a_folder_gives_every_file_that_could_be_a_recording(dock: Path, fast: Policy) -> None:
    (dock / "x.release").mkdir()
    (dock / "x.release" / "redacted.mp4").touch()
    (dock / ".hidden.mp4").touch()
    found = [w.recording.removeprefix(f"{dock}/") for w in work_items([str(dock)], fast)]
    assert found == ["a/0001.mp4", "b/0001.mp4", "b/blob.bin", "b/copy.mp4"]


def test_a_pattern_gives_what_matches(dock: Path, fast: Policy) -> None:
    found = {name_of(w.recording) for w in work_items([f"{dock}/**/*.mp4"], fast)}
    assert found == {"0001.mp4", "copy.mp4"}


@pytest.mark.parametrize("what", ["nothing/*.mp4", "no-such-file.mp4", ""])
def test_what_names_nothing_is_refused(
    what: str, fast: Policy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WorkListError, match="names no recording"):
        list(work_items([what], fast))


def test_a_list_says_request_due_date_policy_reason_and_edits(tmp_path: Path, fast: Policy) -> None:
    (tmp_path / "own.toml").write_text(FAST_TOML + '[redaction]\nstyle = "fill"\n')
    (tmp_path / "edits.toml").write_text(EDITS)
    first_row = "a.mp4,2026-17,2026-12-24,own.toml,FIPPA s. 21,edits.toml"
    rows = f"recording,request,due,policy,reason,edits\n{first_row}\nb.mp4,,,,,\n"
    first, second = work_items([str(listed(tmp_path, rows))], fast)
    assert (first.request, first.due, first.policy.redaction.style) == ("2026-17", "2026-12-24", "fill")
    assert {rule.reason for rule in first.policy.hide.values()} == {"FIPPA s. 21"}
    assert (second.policy, second.request, second.due) == (fast, None, None)
    entry = queue_item(first)
    order = order_of(Lease(1, 1, entry.address, entry.spec), tmp_path)
    assert order.policy == first.policy
    assert order.edits.withhold[0].reason == "a dwelling"


def test_a_parquet_list_says_the_same(tmp_path: Path, fast: Policy) -> None:
    table = pa.table({"recording": ["a.mp4", "b.mp4"], "due": [None, "2026-12-24"]})
    pq.write_table(table, tmp_path / "list.parquet")
    assert [w.due for w in work_items([str(tmp_path / "list.parquet")], fast)] == [None, "2026-12-24"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("recording,du\na.mp4,2026-12-24\n", "unknown columns du"),
        ("file\na.mp4\n", "unknown columns file"),
        ("request\n1\n", "no column 'recording'"),
        ("recording\n", "lists nothing"),
        ("", "no column 'recording'"),
        ("recording,due\na.mp4,tomorrow\n", "row 1: 'tomorrow' is not a date"),
        ("recording,due\n,2026-12-24\n", "row 1: names no recording"),
        ("recording,due\na.mp4,2026-12-24,more\n", "more cells than columns"),
        ('recording\n"a.mp4\n', "cannot read the list"),
    ],
)
def test_an_unclear_list_is_refused(text: str, words: str, tmp_path: Path, fast: Policy) -> None:
    with pytest.raises(WorkListError, match=words) as refused:
        list(work_items([str(listed(tmp_path, text))], fast))
    assert refused.value.remedy
    assert refused.value.exit_code == 2


def test_a_reason_of_its_own_is_refused_where_the_policy_draws_codes(tmp_path: Path, fast: Policy) -> None:
    hide = {kind: {"reason": "FIPPA s. 21", "code": "s. 21"} for kind in ("face", "plate")}
    drawing = Policy.model_validate(
        fast.model_dump() | {"hide": hide, "redaction": {"style": "fill", "codes": True}, "name": "drawing"}
    )
    path = listed(tmp_path, "recording,reason\na.mp4,\nb.mp4,FIPPA s. 14\n")
    with pytest.raises(WorkListError, match=r"row 2: gives a reason of its own, and the policy 'drawing' draws codes"):
        list(work_items([str(path)], drawing))


def test_a_list_that_is_not_there_is_refused(tmp_path: Path, fast: Policy) -> None:
    for name in ("no.csv", "no.parquet"):
        with pytest.raises(WorkListError, match="cannot read the list"):
            list(work_items([str(tmp_path / name)], fast))


def test_a_policy_or_edits_that_cannot_be_read_stop_the_batch_before_it_begins(tmp_path: Path, fast: Policy) -> None:
    with pytest.raises(PolicyError):
        list(work_items([str(listed(tmp_path, "recording,policy\na.mp4,no.toml\n"))], fast))
    (item,) = work_items([str(listed(tmp_path, "recording,edits\na.mp4,no.toml\n"))], fast)
    with pytest.raises(EditsError):
        queue_item(item)
    unknown = Policy().with_models(["no-such-model"])
    with pytest.raises(MissingModelError):
        list(work_items([str(tmp_path)], unknown))


def test_a_file_is_asked_for_again_when_it_or_its_order_changes(tmp_path: Path, fast: Policy) -> None:
    path = tmp_path / "list.csv"
    path.write_text("recording\na.mp4\n")
    (item,) = work_items([str(path)], fast)
    before = queue_item(item).asked
    assert queue_item(item).asked == before
    (tmp_path / "a.mp4").write_bytes(b"now it is there")
    there = queue_item(item).asked
    path.write_text("recording,reason\na.mp4,another\n")
    (other,) = work_items([str(path)], fast)
    assert len({before, there, queue_item(other).asked}) == 3
