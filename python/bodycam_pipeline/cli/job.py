"""A published job and the person who does something to it, as options."""

import getpass
from pathlib import Path
from typing import Annotated

import typer

Job = Annotated[Path, typer.Argument(metavar="JOB", help="OUT/NAME of a published release, or its folder.")]
By = Annotated[str, typer.Option("--by", help="Your name, for the job's history; it is never handed out.")]
Me = Annotated[str | None, typer.Option("--by", help="Your name, for the job's history; else your login name.")]
Why = Annotated[str, typer.Option("--reason", help="The reason, for the job's history.")]


def login() -> str:
    """The name under which this person logged in."""
    return getpass.getuser()
