"""What a batch is given: files, folders, patterns, object stores, and lists in CSV or Parquet.

A list has one row per recording and these columns, of which only the first is needed; paths are relative to the list:

```
recording   the file, or its address in an object store
request     the request's number at the agency
due         ISO date, 2026-12-24
policy      a policy file for this recording
reason      the legal reason for everything that is hidden in it
edits       a person's decisions (TOML)
withhold    why nothing of it is released; it is then put on record, and not worked on
```

Nothing is dropped in silence: an unknown column, an empty pattern and a date that is none are refused before any work
begins; a file that is not there or is no recording becomes a job, and ends quarantined with its reason. What a card
holds beside its recordings (thumbnails, positions, photos) is left aside by its kind, on record, where a folder or a
pattern names it; a file that is named by itself is taken at its word.
"""

import csv
import glob
import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path

import pyarrow.parquet as pq

from bodycam_pipeline.addresses.store import list_addresses
from bodycam_pipeline.backlog.orders import WorkItem
from bodycam_pipeline.backlog.side_files import side_file
from bodycam_pipeline.evidence.policy_file import read_policy
from bodycam_pipeline.foreign import open_regular
from bodycam_pipeline.values.address import is_local, name_of, path_of
from bodycam_pipeline.values.errors import UnreadableRecordingError, WorkListError
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.vault.naming import Sealed, is_sealed, parse
from bodycam_pipeline.vault.store import Vault
from bodycam_pipeline.vision.providers import check_provider
from bodycam_pipeline.vision.registry import refuse_unready

COLUMNS = ("recording", "request", "due", "policy", "reason", "edits", "withhold")
LISTS = {".csv", ".parquet"}
NOT_RECORDINGS = {".csv", ".parquet", ".json", ".toml", ".txt", ".md", ".xml", ".html", ".pdf", ".log", ".sqlite"}
"""Files that lie beside recordings. Everything else in a folder is taken for one until it has been opened."""

OUR_FOLDERS = (".release", ".internal", ".staging")
_BATCH_ROWS = 1000


def work_items(given: Iterable[str], policy: Policy) -> Iterator[WorkItem]:
    """Every recording that the arguments name, one by one; memory does not grow with their number.

    Args:
        given: Files, folders or prefixes (all that is below them), patterns, and lists.
        policy: For what has none of its own.

    Raises:
        WorkListError: an argument that names nothing, or a list that cannot be read.
        PolicyError: a policy of a list cannot be read.
        ModelError: a model of a policy cannot be used.
    """
    _check_models(policy)
    for what in given:
        if Path(name_of(what)).suffix.lower() in LISTS:
            yield from _listed(_local(what), policy)
        else:
            yield from (WorkItem(recording, policy, aside=_aside(what, recording)) for recording in _named(what))


def _aside(what: str, recording: str) -> str | None:
    """What a file is that lies beside recordings; None for a recording, and for what is named by itself."""
    asked_for = what == recording or Path(name_of(what)).suffix.lower() == Path(name_of(recording)).suffix.lower()
    return None if asked_for else side_file(name_of(recording))


def _named(what: str) -> Iterator[str]:
    if is_sealed(what):
        found = _in_vault(what)
    else:
        found = map(str, _on_disk(path_of(what))) if is_local(what) else _in_store(what)
    nothing = True
    for recording in found:
        nothing = False
        yield recording
    if nothing:
        raise WorkListError(f"'{what}' names no recording", remedy="Check the path or pattern; quote patterns.")


def _in_vault(what: str) -> Iterator[str]:
    """One sealed recording, or all of a vault."""
    sealed = parse(what)
    ids = [sealed.id] if sealed.id else Vault(sealed.vault).ids()
    yield from (str(Sealed(sealed.vault, id_)) for id_ in ids)


def _in_store(what: str) -> Iterator[str]:
    try:
        yield from list_addresses(what, _could_be_a_recording)
    except UnreadableRecordingError as error:
        raise WorkListError(f"{error.what}: '{name_of(what)}'", remedy=error.remedy) from error
    except OSError as error:
        raise WorkListError(
            f"cannot list '{name_of(what)}': {error}", remedy="Check who may list the store."
        ) from error


def _could_be_a_recording(name: str) -> bool:
    *folders, file = name.split("/")
    hidden = any(part.startswith(".") for part in folders) or (file.startswith(".") and not side_file(file))
    ours = any(folder.endswith(OUR_FOLDERS) for folder in folders)
    return not (hidden or ours or Path(file).suffix.lower() in NOT_RECORDINGS)


def _local(what: str) -> Path:
    if not is_local(what):
        raise WorkListError(f"a list is read from a disk: '{name_of(what)}'", remedy="Copy the list to this machine.")
    return path_of(what)


def _on_disk(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from _below(path)
    elif path.exists():
        yield path
    else:
        found = sorted(glob.glob(str(path), recursive=True))  # noqa: PTH207 - Path has no absolute patterns
        yield from (Path(name) for name in found if Path(name).is_file())


def _below(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and not f.endswith(OUR_FOLDERS))
        yield from (Path(root, name) for name in sorted(names) if _could_be_a_recording(name))


def _listed(path: Path, policy: Policy) -> Iterator[WorkItem]:
    number = 0
    for number, row in enumerate(_rows(path), start=1):
        where = f"{path.name}, row {number}"
        cells = {name: str(value).strip() for name, value in row.items() if value is not None and str(value).strip()}
        yield _work_item(cells, path.parent, policy, where)
    if not number:
        raise WorkListError(f"{path.name} lists nothing", remedy="Write one row per recording.")


def _work_item(cells: Mapping[str, str], folder: Path, policy: Policy, where: str) -> WorkItem:
    if "recording" not in cells:
        raise WorkListError(f"{where}: names no recording", remedy="Write its path into the column 'recording'.")
    own = _policy(folder / cells["policy"]) if "policy" in cells else policy
    return WorkItem(
        _address(folder, cells["recording"]),
        _because(own, cells["reason"], where) if "reason" in cells else own,
        folder / cells["edits"] if "edits" in cells else None,
        cells.get("request"),
        _date(cells["due"], where) if "due" in cells else None,
        cells.get("withhold"),
    )


def _address(folder: Path, cells: str) -> str:
    return str(folder / path_of(cells)) if is_local(cells) else cells


def _date(text: str, where: str) -> str:
    try:
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        raise WorkListError(f"{where}: '{text}' is not a date", remedy="Write dates as 2026-12-24.") from None


@lru_cache(maxsize=256)
def _policy(path: Path) -> Policy:
    policy = read_policy(path)
    _check_models(policy)
    return policy


def _check_models(policy: Policy) -> None:
    """Now, not at every recording of the night."""
    check_provider(policy.detection.provider)
    refuse_unready(policy)


def _because(policy: Policy, reason: str, where: str) -> Policy:
    if policy.drawn_codes:
        raise WorkListError(
            f"{where}: gives a reason of its own, and the policy '{policy.name}' draws codes that may be of another",
            remedy="Give the row a policy whose reasons and codes belong together, in the column 'policy'.",
        )
    hide = {kind: rule.model_copy(update={"reason": reason}) for kind, rule in policy.hide.items()}
    return policy.model_copy(update={"hide": hide})


def _rows(path: Path) -> Iterator[Mapping[str, object]]:
    try:
        open_regular(path).close()
        yield from _csv_rows(path) if path.suffix.lower() == ".csv" else _parquet_rows(path)
    except (OSError, UnicodeDecodeError, csv.Error, ValueError) as error:
        raise WorkListError(f"cannot read the list {path.name}: {error}", remedy="Check the file.") from error


def _csv_rows(path: Path) -> Iterator[Mapping[str, object]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file, strict=True)
        _check_columns(rows.fieldnames or [], path)
        for row in rows:
            if None in row:
                raise WorkListError(
                    f"{path.name}, line {rows.line_num}: more cells than columns", remedy="Quote commas."
                )
            yield row


def _parquet_rows(path: Path) -> Iterator[Mapping[str, object]]:
    with pq.ParquetFile(path) as file:
        _check_columns(file.schema_arrow.names, path)
        for batch in file.iter_batches(batch_size=_BATCH_ROWS):
            yield from batch.to_pylist()


def _check_columns(names: Iterable[str], path: Path) -> None:
    unknown = [name for name in names if name not in COLUMNS]
    if unknown or "recording" not in names:
        problem = f"unknown columns {', '.join(unknown)}" if unknown else "no column 'recording'"
        raise WorkListError(f"{path.name}: {problem}", remedy=f"Columns are {', '.join(COLUMNS)}.")
