"""The batches and nights of a ledger."""

from bodycam_pipeline.running.ledger_file import LedgerFile


class Runs(LedgerFile):
    """When each began, and how it ended."""

    def begin_run(self, kind: str) -> int:
        """Note that a batch or night begins; returns its number."""
        with self._writing() as db:
            return int(
                db.execute("INSERT INTO runs (kind, started) VALUES (?, ?)", (kind, self._clock())).lastrowid or 0
            )

    def end_run(self, run: int, summary: str) -> None:
        """Note how a run ended, in its summary's JSON."""
        with self._writing() as db:
            db.execute("UPDATE runs SET ended = ?, summary = ? WHERE id = ?", (self._clock(), summary, run))

    def runs(self, kind: str) -> list[tuple[float, float | None, str | None]]:
        """Start, end and summary of every run of a kind, oldest first."""
        return [
            tuple(row)
            for row in self._read("SELECT started, ended, summary FROM runs WHERE kind = ? ORDER BY id", kind)
        ]

    def last_run(self) -> int:
        """The number of the latest run; 0 before the first."""
        return int(self._read("SELECT coalesce(max(id), 0) FROM runs")[0][0])
