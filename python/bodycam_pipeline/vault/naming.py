"""Addresses of sealed recordings: the vault's own address, the recording's id, and the log entry of a read.

```
vault:///srv/vault/ID?read=17              a folder
vault+s3://bucket/prefix/ID?read=17        a store of ``pyarrow.fs``, with its options as they are
```
"""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from bodycam_pipeline.values.address import name_of, scheme_of
from bodycam_pipeline.values.errors import Place, VaultError

_ID = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Sealed:
    """What an address of a vault says.

    Attributes:
        vault: The vault's own address: a folder's absolute path, or a URI of ``pyarrow.fs``.
        id: The recording's keyed id; None for the vault as a whole.
        read: Number of the log entry of this read; None before it is in the log.
    """

    vault: str
    id: str | None = None
    read: int | None = None

    def __str__(self) -> str:
        base, query = self.vault, ""
        if scheme_of(base):
            base, _, query = base.partition("?")
            text = f"vault+{base.rstrip('/')}"
        else:
            text = f"vault://{quote(base.rstrip('/'))}"
        options = [query] * bool(query) + [f"read={self.read}"] * (self.read is not None)
        return text + (f"/{self.id}" if self.id else "") + ("?" + "&".join(options) if options else "")

    def with_read(self, entry: int) -> str:
        """The address as a worker opens it, after the read stands in the log."""
        return str(replace(self, read=entry))


def is_sealed(address: str) -> bool:
    """Whether it names a vault, or a recording in one."""
    return scheme_of(address).split("+")[0] == "vault"


def parse(address: str) -> Sealed:
    """Take a vault's address apart.

    Raises:
        VaultError: it is none.
    """
    if not is_sealed(address):
        raise _unusable(address)
    parts = urlsplit(address)
    options = parse_qsl(parts.query)
    read = next((value for name, value in options if name == "read"), None)
    if read is not None and not read.isdecimal():
        raise _unusable(address)
    folder, _, last = parts.path.rstrip("/").rpartition("/")
    known = last if _ID.fullmatch(last) else None
    path = folder if known else parts.path.rstrip("/")
    return Sealed(_vault(parts.scheme, parts.netloc, path, options), known, None if read is None else int(read))


def _vault(scheme: str, netloc: str, path: str, options: list[tuple[str, str]]) -> str:
    _, _, store = scheme.partition("+")
    if not store:
        return unquote(path) or "/"
    return urlunsplit((store, netloc, path, urlencode([o for o in options if o[0] != "read"]), ""))


def vault_address(given: str) -> str:
    """What a person typed for a vault, so that it means the same to whoever stands in another folder."""
    if is_sealed(given):
        return parse(given).vault
    return given if scheme_of(given) not in {"", "file"} else str(Path(given.removeprefix("file://")).absolute())


def _unusable(address: str) -> VaultError:
    return VaultError(
        "this is not the address of a sealed recording",
        remedy="It looks like vault:///FOLDER/ID or vault+s3://BUCKET/PREFIX/ID, as `bodycam ingest` printed it.",
        where=Place(recording=name_of(address)),
    )
