"""The exemption index: every deletion with time, place, kind, reason, and who, as table, page and print.

The one that stays inside names the persons who decided; the one that is handed out does not.
"""

from dataclasses import astuple, dataclass, fields

from bodycam_pipeline.durable import write_atomically
from bodycam_pipeline.release.job import Job
from bodycam_pipeline.reports.templates import render_template
from bodycam_pipeline.rules.exemptions import Exemption, Screen, exemptions
from bodycam_pipeline.rules.spreadsheet import csv_text
from bodycam_pipeline.values.plan import Plan

NAMES = tuple(f"exemption-index.{ending}" for ending in ("csv", "html", "pdf"))


@dataclass(frozen=True)
class Index:
    """What an index is of.

    Attributes:
        title: Of the recording or its release.
        policy: Its name.
        inside: Whether it names persons.
        lines: The deletions, by time.
    """

    title: str
    policy: str
    inside: bool
    lines: tuple[Exemption, ...]

    @property
    def notice(self) -> str:
        """What a reader has to know first."""
        inside = "Internal: names of persons are in it. " if self.inside else ""
        return f"{inside}Policy: {self.policy}. {len(self.lines)} deletions."


def write_index(job: Job, plan: Plan) -> None:
    """Write the one that stays inside beside the plan.

    Raises:
        StorageError: the disk refused.
    """
    lines = exemptions(plan, Screen.of(job.recording), names=True)
    for name, content in index_files(Index(job.recording.name, job.policy.name, True, lines)).items():
        write_atomically(job.folders.internal / name, content)


def index_files(index: Index) -> dict[str, bytes]:
    """The three files by name; the same index gives the same bytes."""
    from bodycam_pipeline.reports.printed import print_table  # loads reportlab, which no program should start with

    headings = ("line", *(field.name for field in fields(Exemption)))
    rows = [(str(number), *astuple(line)) for number, line in enumerate(index.lines, start=1)]
    page = render_template("reports", "exemption_index.html.j2", index=index, headings=headings, rows=rows)
    contents = (
        csv_text([headings, *rows]).encode(),
        page.encode(),
        print_table(f"Exemption index: {index.title}", index.notice, headings, rows),
    )
    return dict(zip(NAMES, contents, strict=True))
