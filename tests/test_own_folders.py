"""A user's own files lie where the XDG specification has them."""

from pathlib import Path

import pytest

from bodycam_pipeline.own_folders import data_folder, settings_folder


def test_they_lie_where_the_user_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    monkeypatch.setenv("XDG_CONFIG_HOME", "/settings")
    assert data_folder() == Path("/data/bodycam-pipeline")
    assert settings_folder() == Path("/settings/bodycam-pipeline")


@pytest.mark.parametrize("said", ["", "a/relative/path"])
def test_what_is_no_absolute_path_is_as_if_it_were_not_said(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", said)
    monkeypatch.setenv("XDG_CONFIG_HOME", said)
    monkeypatch.setenv("HOME", "/home/officer")
    assert data_folder() == Path("/home/officer/.local/share/bodycam-pipeline")
    assert settings_folder() == Path("/home/officer/.config/bodycam-pipeline")
