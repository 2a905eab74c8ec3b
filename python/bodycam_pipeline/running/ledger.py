"""The ledger: what is to be done, who is at it, and what was done. Exactly-once comes from here, not from a scheduler.

A *job* is one recording under one order. Its *key* is its work by content (recording, policy, models, version), known
once the recording was read: renaming or copying a file changes nothing, because two jobs with one key are one work.

A *lease* is the right to report on a job or a segment. It carries a token that only ever grows; who reports under an
older one is refused, so a worker that was given up and comes back changes nothing. A lease does not run out by the
clock: clocks are set and machines sleep. It ends when its holder reports or is given up. Whoever holds the ledger's
lock is the only driver, so at its start every lease still in force belongs to a dead one.
"""

from bodycam_pipeline.running.job_queue import JobQueue
from bodycam_pipeline.running.runs import Runs
from bodycam_pipeline.running.segment_leases import SegmentLeases
from bodycam_pipeline.running.totals import Totals


class Ledger(JobQueue, SegmentLeases, Runs, Totals):
    """One ledger file. A context manager: leaving it closes the file.

    Every method is one transaction, on the disk when it returns, and may be called from any thread. Raises
    `StorageError` where the disk refuses.
    """
