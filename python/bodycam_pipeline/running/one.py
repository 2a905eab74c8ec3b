"""One task, and its result."""

from bodycam_pipeline.running.runner import Result, Runner, Task
from bodycam_pipeline.tasks.step import Step


def one(runner: Runner, step: Step[Task, Result], task: Task) -> Result:
    """Do a task.

    Raises:
        BodycamError: it was refused, or lost with every worker that had it.
    """
    (outcome,) = runner.run(step, [task])
    if outcome.error is not None:
        raise outcome.error
    return outcome.result  # type: ignore[return-value]
