"""``exemption-index.csv`` and ``.html``: every deletion with time, place, kind, reason, and who. They stay inside."""

import csv
import io
from dataclasses import astuple, fields

from jinja2 import Environment, PackageLoader

from bodycam_pipeline.durable import write_atomically
from bodycam_pipeline.release.job import Job
from bodycam_pipeline.rules.exemptions import Exemption, exemptions
from bodycam_pipeline.values.plan import Plan

HEADINGS = tuple(field.name for field in fields(Exemption))


def write_index(job: Job, plan: Plan) -> None:
    """Write both files beside the plan. Names of persons are in them, as in the plan.

    Raises:
        StorageError: the disk refused.
    """
    lines = exemptions(plan, job.recording)
    write_atomically(job.folders.internal / "exemption-index.csv", _csv(lines).encode())
    environment = Environment(loader=PackageLoader("bodycam_pipeline.release", "."), autoescape=True)
    page = environment.get_template("exemption_index.html.j2").render(
        name=job.recording.name, policy=job.policy.name, headings=HEADINGS, lines=[astuple(line) for line in lines]
    )
    write_atomically(job.folders.internal / "exemption-index.html", page.encode())


def _csv(lines: tuple[Exemption, ...]) -> str:
    """RFC 4180; a cell that a spreadsheet would take for a formula is quoted by an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("line", *HEADINGS))
    for number, line in enumerate(lines, start=1):
        writer.writerow((number, *(f"'{cell}" if cell[:1] in "=+-@\t\r" and cell else cell for cell in astuple(line))))
    return out.getvalue()
