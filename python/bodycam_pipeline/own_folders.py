"""Where a user's own files lie on this machine, as the XDG Base Directory Specification says."""

import os
from pathlib import Path

_NAME = "bodycam-pipeline"


def settings_folder() -> Path:
    """Below ``XDG_CONFIG_HOME``, or ``~/.config``."""
    return _folder("XDG_CONFIG_HOME", ".config")


def data_folder() -> Path:
    """Below ``XDG_DATA_HOME``, or ``~/.local/share``."""
    return _folder("XDG_DATA_HOME", ".local/share")


def _folder(variable: str, default: str) -> Path:
    named = Path(os.environ.get(variable, ""))
    return (named if named.is_absolute() else Path.home() / default) / _NAME
