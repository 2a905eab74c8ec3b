"""Storms of broken input: seeded, for a given time, and with a limit for what each single blow may cost."""

import random
import resource
import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from bodycam_pipeline.values.errors import BodycamError

SEED = 17
MOST_GROWTH_KIB = 64 << 10
"""What a storm may add to the memory of its process once it is warm: allocators keep some."""

LEAST_BLOWS, BUSY_SECONDS = 128, 60.0

STORMS = [pytest.param(1.0, id="1s"), pytest.param(60.0, id="60s", marks=pytest.mark.slow)]
"""Seconds: a glimpse in every run, a minute in `make test-slow`."""


def storm(seconds: float, most_seconds: float, blow: Callable[[random.Random], object], warm_blows: int = 50) -> int:
    """Strike until the time is up, and so often at least, also on a busy machine; returns how often.

    After so many blows the process is warm: every kind of file was read once.

    Whatever a blow raises but a `BodycamError` fails the test, and so does one that takes too long, or growth.
    """
    rng = random.Random(SEED)  # noqa: S311 - a storm that can be repeated
    end, blows, warm = time.monotonic() + seconds, 0, 0
    while time.monotonic() < end or (blows < LEAST_BLOWS and time.monotonic() < end + BUSY_SECONDS):
        state, began = rng.getstate(), time.process_time()
        try:
            blow(rng)
        except BodycamError:
            pass
        except Exception as error:
            raise AssertionError(f"blow {blows} of seed {SEED} raised {error!r}") from error
        took = time.process_time() - began
        if took > most_seconds:
            rng.setstate(state)
            took = min(took, _again(rng, blow))  # a busy machine is no slow parser
        assert took <= most_seconds, f"blow {blows} of seed {SEED} took {took:.4f} s"
        blows += 1
        warm = warm or (_peak_kib() if blows == warm_blows else 0)
    assert not warm or _peak_kib() - warm < MOST_GROWTH_KIB
    return blows


def _again(rng: random.Random, blow: Callable[[random.Random], object]) -> float:
    began = time.process_time()
    with suppress(BodycamError):
        blow(rng)
    return time.process_time() - began


def _peak_kib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def mutated(rng: random.Random, data: bytes) -> bytes:
    """The bytes with a few of them changed, repeated, taken out, put in, or cut off."""
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        at = rng.randrange(len(out) + 1)
        match rng.randrange(6):
            case 0 if out:
                out[at % len(out)] ^= 1 << rng.randrange(8)
            case 1:
                out[at : at + rng.randrange(1, 9)] = rng.randbytes(rng.randrange(9))
            case 2:
                out[at:at] = out[at : at + rng.randrange(1, 65)] * rng.choice((1, 2, 8))
            case 3:
                del out[at : at + rng.randrange(1, 65)]
            case 4:
                out[at : at + 4] = rng.choice((b"\xff" * 4, b"\0" * 4, b"\0\0\0\1", b"\x7f\xff\xff\xff", b"\x80\0\0\0"))
            case _:
                del out[at:]
    return bytes(out)
