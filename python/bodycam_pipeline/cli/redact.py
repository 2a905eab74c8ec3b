"""`bodycam redact`, `detect` and `render`: a recording in, a release out."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import typer

from bodycam_pipeline import pipeline
from bodycam_pipeline.cli.output import AsJson, note_hand_drawn, show_progress, tell
from bodycam_pipeline.evidence.edits_file import read_edits
from bodycam_pipeline.evidence.plan_file import read_plan
from bodycam_pipeline.evidence.policy_file import read_policy
from bodycam_pipeline.pipeline import Order, Published
from bodycam_pipeline.running.local import LocalRunner
from bodycam_pipeline.values.address import in_text
from bodycam_pipeline.values.edits import Edits
from bodycam_pipeline.values.plan import Plan
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.values.printable import counted
from bodycam_pipeline.vision.registry import refuse_unready

Recording = Annotated[str, typer.Argument(metavar="RECORDING", help="The recording; it is only ever read.")]
Out = Annotated[Path, typer.Option("--out", "-o", help="Folder for the release and what stays inside.")]
PolicyFile = Annotated[
    Path | None, typer.Option("--policy", help="What to hide, how and why: a TOML file, or a shipped profile.")
]
EditsFile = Annotated[Path | None, typer.Option("--edits", help="A person's decisions (TOML).")]
Models = Annotated[
    list[str] | None,
    typer.Option(
        "--model", "-m", help="Detector: a registered name, a file, or package:DISTRIBUTION/FILE. Repeatable."
    ),
]
Gate = Annotated[
    Literal["on", "off"] | None,
    typer.Option("--gate", help="The second look at the finished file; off only under an internal policy."),
]
Track = Annotated[
    int | None, typer.Option("--track", min=0, help="The video track that is meant, in a file of several cameras.")
]
Workers = Annotated[int, typer.Option("--workers", "-j", min=1, help="Worker processes.")]
WORKERS = os.cpu_count() or 1
OUT = Path("releases")


def add_to(app: typer.Typer) -> None:
    """Register the verbs."""
    app.command()(redact)
    app.command()(detect)
    app.command()(render)


def redact(
    recording: Recording,
    out: Out = OUT,
    policy: PolicyFile = None,
    edits: EditsFile = None,
    models: Models = None,
    gate: Gate = None,
    track: Track = None,
    workers: Workers = WORKERS,
    as_json: AsJson = False,
) -> None:
    """Look, plan, render, verify, publish. Run again: it resumes, or does nothing."""
    with LocalRunner(workers) as runner, show_progress(as_json=as_json) as watch:
        published = pipeline.redact(
            replace(_order(recording, out, policy, edits, models, gate), track=track), runner, watch
        )
    _tell_published(published, as_json=as_json)


def detect(
    recording: Recording,
    out: Out = OUT,
    policy: PolicyFile = None,
    edits: EditsFile = None,
    models: Models = None,
    track: Track = None,
    workers: Workers = WORKERS,
    as_json: AsJson = False,
) -> None:
    """Look and plan only: writes the plan and its report, renders nothing."""
    with LocalRunner(workers) as runner, show_progress(as_json=as_json) as watch:
        job, plan = pipeline.detect(replace(_order(recording, out, policy, edits, models), track=track), runner, watch)
    facts = {"state": "planned", "plan": job.plan_path, "report": job.folders.internal / "report.html"}
    sentences = f"planned {plan.regions.num_rows} regions in {plan.frames} frames\n  plan:   {job.plan_path}\n"
    tell(facts | _counts(plan), f"{sentences}  report: {facts['report']}", as_json=as_json)


def render(
    recording: Recording,
    plan: Annotated[Path, typer.Option("--plan", help="The plan to render, exactly as it stands.")],
    out: Out = OUT,
    policy: PolicyFile = None,
    track: Track = None,
    workers: Workers = WORKERS,
    as_json: AsJson = False,
) -> None:
    """Render a plan without looking again; verify and publish."""
    order = replace(_order(recording, out, policy, None, None), track=track)
    with LocalRunner(workers) as runner, show_progress(as_json=as_json) as watch:
        published = pipeline.render(order, read_plan(plan), runner, watch)
    _tell_published(published, as_json=as_json)


def _order(
    recording: str,
    out: Path,
    policy: Path | None,
    edits: Path | None,
    models: list[str] | None,
    gate: Literal["on", "off"] | None = None,
) -> Order:
    rules = read_policy(policy) if policy else Policy()
    if gate:
        rules = rules.with_second_look(gate)
    if models:
        rules = rules.with_models(models)
    refuse_unready(rules)
    note_hand_drawn(rules)
    return Order(in_text(recording), out, rules, read_edits(edits) if edits else Edits())


def _counts(plan: Plan) -> dict[str, object]:
    return {"frames": plan.frames, "regions": plan.regions.num_rows, "tracks": plan.tracks()}


def _tell_published(published: Published, *, as_json: bool) -> None:
    folders, counts = published.folders, _counts(published.plan)
    state = "already published" if published.already else "published"
    facts = {"state": state, "release": folders.release, "internal": folders.internal} | counts
    facts |= {"notes": published.notes}
    hidden = ", ".join(f"{n} {kind} tracks" for kind, n in published.plan.tracks().items()) or "nothing to hide"
    notes = "".join(f"  note:    {note}\n" for note in published.notes)
    sentences = (
        f"{state}: {counted(published.plan.frames, 'frame')}, {hidden}, verified frame by frame\n{notes}"
        f"  release: {folders.release}\n"
        f"  inside:  {folders.internal} (plan, report: not for handing out)"
    )
    tell(facts, sentences, as_json=as_json)
