"""Probe and decode files, whatever they hold, and print what became of each: run apart, in case one of them crashes."""

import json
import sys

import av

from bodycam_pipeline.read.probe import probe
from bodycam_pipeline.rules.segments import split
from bodycam_pipeline.values.errors import BodycamError
from tests.read.whole import decode


def attempt(path: str) -> dict[str, object]:
    """Every frame decoded, or the name of the refusal."""
    try:
        recording = probe(path)
        decoded = missing = 0
        for segment in split(recording):
            for source in decode(recording, segment):
                decoded += source.frame is not None
                missing += source.frame is None
    except BodycamError as error:
        return {"refused": error.code, "why": error.what, "remedy": error.remedy, "where": error.where.recording}
    return {"decoded": decoded, "missing": missing, "shown": int(recording.packets.shown.sum())}


def main() -> None:
    """One line of JSON per file, written at once, so that the file after the last line is the one that crashed."""
    av.logging.set_level(None)
    for path in sys.argv[1:]:
        print(json.dumps({"path": path} | attempt(path)), flush=True)


if __name__ == "__main__":
    main()
