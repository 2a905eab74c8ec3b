"""`bodycam keys`: make and show the keys that statements are signed with."""

from pathlib import Path
from typing import Annotated

import typer

from bodycam_pipeline.cli.output import AsJson, tell
from bodycam_pipeline.durable import make_private_folder
from bodycam_pipeline.evidence.keys import fingerprint, new_key, own_key, read_public_key

File = Annotated[Path, typer.Argument(metavar="FILE", help="The key's file, in PEM.")]
New = Annotated[
    Path | None,
    typer.Argument(metavar="[FILE]", help="The key's file, in PEM; else in your own settings, as your key."),
]


def add_to(app: typer.Typer) -> None:
    """Register the verbs."""
    group = typer.Typer(help="Signing keys: new, show.", no_args_is_help=True)
    group.command("new")(new)
    group.command("show")(show)
    app.add_typer(group, name="keys")


def new(file: New = None, as_json: AsJson = False) -> None:
    """Make a private key that only you can read, and its public part beside it; without FILE, your own."""
    private = file or _own_place()
    public = new_key(private)
    print_ = fingerprint(read_public_key(public))
    facts = {"private": private, "public": public, "fingerprint": print_}
    sentences = (
        f"private: {private} (back it up; whoever has it can sign in your name)\n"
        f"public:  {public} (publish it where requesters look, with its fingerprint)\n"
        f"fingerprint: {print_}\n"
        f'for a policy, under [review.reviewers]: "YOUR NAME" = "{print_}"'
    )
    tell(facts, sentences, as_json=as_json)


def _own_place() -> Path:
    make_private_folder(own_key().parent)
    return own_key()


def show(file: File, as_json: AsJson = False) -> None:
    """Print the fingerprint of a public key."""
    print_ = fingerprint(read_public_key(file))
    tell({"public": file, "fingerprint": print_}, f"{print_}  {file}", as_json=as_json)
