"""The `bodycam` command.

Exit codes: 0 done (published, verified) · 2 bad usage (options, policy, edits, models) · 3 needs review (a person has
to decide) · 4 refused (nothing was published, nothing was lost) · 130, 143 interrupted · 1 a defect of our own.
"""

import sys
from typing import Any

import typer
from typer.core import TyperGroup

from bodycam_pipeline.backlog.stopping import KEPT, leave_on_signal
from bodycam_pipeline.cli import (
    batch,
    bench,
    capacity,
    demo,
    disclose,
    doctor,
    effort,
    evaluate,
    history,
    inspect,
    keys,
    log,
    models,
    nightly,
    package,
    redact,
    retention,
    review,
    vault,
    verify,
)
from bodycam_pipeline.cli.output import report_error
from bodycam_pipeline.values.errors import BodycamError


class _Verbs(TyperGroup):
    """All verbs; one that is interrupted says what that means, which typer by itself does not."""

    def invoke(self, ctx: Any) -> Any:
        try:
            with leave_on_signal():
                return super().invoke(ctx)
        except KeyboardInterrupt as stop:
            sys.stderr.write(KEPT)
            raise typer.Exit(getattr(stop, "exit_code", 130)) from None


app = typer.Typer(
    cls=_Verbs,
    name="bodycam",
    help="Redacted copies of body-worn-camera recordings: what a policy names is hidden in every frame, verifiably.",
    epilog="Exit codes: 0 done, 2 bad usage, 3 needs review, 4 refused, 130 or 143 interrupted, 1 defect.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for group in (
    redact,
    batch,
    nightly,
    capacity,
    disclose,
    effort,
    history,
    inspect,
    package,
    review,
    verify,
    vault,
    retention,
    log,
    keys,
    demo,
    doctor,
    models,
    evaluate,
    bench,
):
    group.add_to(app)


def main() -> None:
    """Run the command; every refusal becomes its text and exit code."""
    try:
        app()
    except BodycamError as error:
        report_error(error, as_json="--json" in sys.argv)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
