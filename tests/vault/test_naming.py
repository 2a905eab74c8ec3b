"""Addresses of sealed recordings: they survive being written and read, and say nothing that is secret."""

import pytest

from bodycam_pipeline.values.address import is_local, name_of, stem_of
from bodycam_pipeline.values.errors import VaultError
from bodycam_pipeline.vault.naming import Sealed, is_sealed, parse, vault_address

ID = "0f" * 32


@pytest.mark.parametrize("vault", ["/srv/vault", "/srv/a b/50%?#", "s3://bucket/prefix", "s3://bucket", "gs://b/c"])
@pytest.mark.parametrize("id_", [ID, None])
@pytest.mark.parametrize("read", [None, 0, 17])
def test_an_address_is_read_as_it_was_written(vault: str, id_: str | None, read: int | None) -> None:
    sealed = Sealed(vault, id_, read)
    assert parse(str(sealed)) == sealed
    assert is_sealed(str(sealed))
    assert not is_local(str(sealed))
    assert vault_address(str(sealed)) == vault


def test_a_recording_is_called_by_its_id_with_and_without_options() -> None:
    for address in (f"vault:///srv/vault/{ID}", f"vault+s3://bucket/{ID}?region=eu&read=3"):
        assert name_of(address) == stem_of(address) == ID


def test_the_options_of_a_store_stay_and_the_read_is_not_one_of_them() -> None:
    sealed = parse(f"vault+s3://bucket/p/{ID}?region=eu&read=3")
    assert (sealed.vault, sealed.read) == ("s3://bucket/p?region=eu", 3)
    assert sealed.with_read(4) == f"vault+s3://bucket/p/{ID}?region=eu&read=4"


def test_a_folder_means_the_same_from_elsewhere(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert vault_address("vault") == str(tmp_path / "vault")
    assert vault_address("s3://bucket/p") == "s3://bucket/p"


@pytest.mark.parametrize("address", ["/srv/vault/x", f"s3://bucket/{ID}", f"vault:///srv/{ID}?read=-1"])
def test_refuses_what_is_no_sealed_recording(address: str) -> None:
    with pytest.raises(VaultError):
        parse(address)
