"""`bodycam keys`: make and show the keys that statements are signed with."""

from pathlib import Path
from typing import Annotated

import typer

from bodycam_pipeline.cli.output import AsJson, tell
from bodycam_pipeline.evidence.keys import fingerprint, new_key, read_public_key

File = Annotated[Path, typer.Argument(metavar="FILE", help="The key's file, in PEM.")]


def add_to(app: typer.Typer) -> None:
    """Register the verbs."""
    group = typer.Typer(help="Signing keys: new, show.", no_args_is_help=True)
    group.command("new")(new)
    group.command("show")(show)
    app.add_typer(group, name="keys")


def new(file: File, as_json: AsJson = False) -> None:
    """Make a private key that only you can read, and its public part beside it."""
    public = new_key(file)
    print_ = fingerprint(read_public_key(public))
    facts = {"private": file, "public": public, "fingerprint": print_}
    sentences = (
        f"private: {file} (back it up; whoever has it can sign in your name)\n"
        f"public:  {public} (publish it where requesters look, with its fingerprint)\n"
        f"fingerprint: {print_}"
    )
    tell(facts, sentences, as_json=as_json)


def show(file: File, as_json: AsJson = False) -> None:
    """Print the fingerprint of a public key."""
    print_ = fingerprint(read_public_key(file))
    tell({"public": file, "fingerprint": print_}, f"{print_}  {file}", as_json=as_json)
