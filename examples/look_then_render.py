"""Look, withhold a stretch, render: ``python examples/look_then_render.py RECORDING OUT``."""

import sys
from dataclasses import replace
from pathlib import Path

from bodycam_pipeline import Edits, LocalRunner, Order, detect, redact

DECISION = {"withhold": [{"from": "0.2", "to": "0.5", "reason": "interior of a dwelling", "by": "R. Officer"}]}


def main() -> None:
    """The second call looks at nothing again: what the first one saw is kept."""
    order = Order(sys.argv[1], Path(sys.argv[2]))
    with LocalRunner(workers=2) as runner:
        job, plan = detect(order, runner)
        print(f"{plan.tracks()} tracks; read {job.folders.internal / 'report.html'}")
        published = redact(replace(order, edits=Edits.model_validate(DECISION)), runner)
    print(f"{len(published.plan.withheld)} stretch is withheld in {published.folders.release}")


if __name__ == "__main__":
    main()
