"""Is what lies in the vault, byte for byte, what an entry of the log says of it? Needs no key that opens anything."""

import hashlib
from collections.abc import Callable, Iterator

from bodycam_pipeline.values.errors import BodycamError
from bodycam_pipeline.vault.log import LogEntry
from bodycam_pipeline.vault.opening import head_of
from bodycam_pipeline.vault.place import place_of
from bodycam_pipeline.vault.store import FACTS, KEY, RECORDING, Vault


def unlike(vault: Vault, entry: LogEntry, key: str | None) -> Iterator[str]:
    """What differs from an entry of an ingest, or from an intent; the quickest to see first, the whole recording last.

    Args:
        vault: Where it lies.
        entry: What was sealed.
        key: SHA-256 of its wrapped key, as the log names it last; None where there is none, or none was named.
    """
    place = place_of(entry)
    if key is not None:
        yield from _differs(lambda: _sha256(vault, place, KEY), key, KEY)
    yield from _differs(lambda: _sha256(vault, place, FACTS), entry["facts"], FACTS)
    yield from _differs(lambda: head_of(vault, place), entry["head"], "how it begins")
    yield from _differs(lambda: _blake3(vault, place, entry["sealed_bytes"]), entry["sealed_blake3"], RECORDING)


def is_part(vault: Vault, place: str, part: str, sha256: str | None) -> bool:
    """Whether a small part is there, and is the one that the log names."""
    try:
        return _sha256(vault, place, part) == sha256
    except OSError:
        return False


def _differs(found: Callable[[], object], wanted: object, what: str) -> Iterator[str]:
    try:
        if found() != wanted:
            yield f"{what} is not what was sealed"
    except FileNotFoundError:
        yield f"{what if what in {KEY, FACTS} else RECORDING} is missing"
    except (OSError, BodycamError) as error:
        yield f"{what} cannot be read: {error}"


def _blake3(vault: Vault, place: str, size_bytes: int) -> str:
    """Nothing where another size tells already that it is not the one."""
    return "" if vault.size(place) not in {None, size_bytes} else vault.digest(place)[0].hex()


def _sha256(vault: Vault, place: str, part: str) -> str:
    return hashlib.sha256(vault.read(place, part)).hexdigest()
