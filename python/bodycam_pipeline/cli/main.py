"""The `bodycam` command.

Exit codes: 0 done (published, verified) · 2 bad usage (options, policy, edits, models) · 3 needs review (a person has
to decide) · 4 refused (nothing was published, nothing was lost) · 130, 143 interrupted · 1 a defect of our own.
"""

import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from bodycam_pipeline.backlog.stopping import KEPT, leave_on_signal
from bodycam_pipeline.cli.output import report_error
from bodycam_pipeline.values.errors import BodycamError

VERBS = {
    "redact": ["redact"],
    "detect": ["redact"],
    "render": ["redact"],
    "batch": ["batch"],
    "nightly": ["nightly"],
    "plan-capacity": ["capacity"],
    "disclose": ["disclose"],
    "effort": ["effort"],
    "history": ["history"],
    "inspect": ["inspect"],
    "package": ["package"],
    "open-frame": ["package"],
    "check-disclosure": ["package"],
    "review": ["review"],
    "verify": ["verify"],
    "ingest": ["vault"],
    "vault": ["vault", "retention"],
    "log": ["log"],
    "keys": ["keys"],
    "demo": ["demo"],
    "doctor": ["doctor"],
    "models": ["models"],
    "eval": ["evaluate"],
    "bench": ["bench"],
}
"""The modules of this package that add each verb, in the order of ``--help``."""


class _Loaded(Mapping[str, Any]):
    """Commands by verb, each loaded when it is asked for: `redact` starts without what only other verbs need."""

    def __getitem__(self, verb: str) -> Any:
        verbs = new_app()
        for name in VERBS[verb]:
            import_module(f"bodycam_pipeline.cli.{name}").add_to(verbs)
        return typer.main.get_group(verbs).commands[verb]

    def __iter__(self) -> Iterator[str]:
        return iter(VERBS)

    def __len__(self) -> int:
        return len(VERBS)


class _Verbs(TyperGroup):
    """All verbs; one that is interrupted says what that means, which typer by itself does not."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options | {"commands": _Loaded()})

    def invoke(self, ctx: Any) -> Any:
        try:
            with leave_on_signal():
                return super().invoke(ctx)
        except KeyboardInterrupt as stop:
            sys.stderr.write(KEPT)
            raise typer.Exit(getattr(stop, "exit_code", 130)) from None


def new_app(**options: Any) -> typer.Typer:
    """Commands that print plain text, as all of ours do."""
    return typer.Typer(pretty_exceptions_enable=False, rich_markup_mode=None, no_args_is_help=True, **options)


app = new_app(
    cls=_Verbs,
    name="bodycam",
    help="Redacted copies of body-worn-camera recordings: what a policy names is hidden in every frame, verifiably.",
    epilog="Exit codes: 0 done, 2 bad usage, 3 needs review, 4 refused, 130 or 143 interrupted, 1 defect.",
    add_completion=True,
)
app.callback()(lambda: None)


def main() -> None:
    """Run the command; every refusal becomes its text and exit code."""
    try:
        app()
    except BodycamError as error:
        report_error(error, as_json="--json" in sys.argv)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
