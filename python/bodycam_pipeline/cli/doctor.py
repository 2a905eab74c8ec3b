"""`bodycam doctor`: is this machine fit for the job?"""

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import typer

from bodycam_pipeline import _native
from bodycam_pipeline.cli.output import AsJson, tell
from bodycam_pipeline.locked import VARIABLE, WEAK, box_here, is_weak
from bodycam_pipeline.tasks.versions import RUNTIME, library_versions
from bodycam_pipeline.values.errors import BodycamError
from bodycam_pipeline.values.policy import Policy
from bodycam_pipeline.vision.providers import installed_providers
from bodycam_pipeline.vision.registry import find_model

LOW_DISK_BYTES = 10 * 10**9
"""Below this a night's staging is likely to fill the disk: an hour of 1080p is 2-4 GB, staged and published."""


@dataclass(frozen=True)
class Check:
    """One thing looked at."""

    what: str
    good: bool
    found: str
    remedy: str = ""


def add_to(app: typer.Typer) -> None:
    """Register the verb."""
    app.command()(doctor)


def doctor(as_json: AsJson = False) -> None:
    """Look at the machine, the codecs, the kernels and the models; exit code 4 when something would stop a job."""
    checks = [check() for check in CHECKS] + [_model(name) for name in Policy().detection.models]
    lines = [f"{'ok ' if c.good else 'BAD'} {c.what}: {c.found}{'' if c.good else f'. {c.remedy}'}" for c in checks]
    tell({"fit": all(c.good for c in checks), "checks": [vars(c) for c in checks]}, "\n".join(lines), as_json=as_json)
    if not all(c.good for c in checks):
        raise typer.Exit(4)


def _python() -> Check:
    return Check("Python", sys.version_info >= (3, 11), platform.python_version(), "Install Python 3.11 or newer.")


def _kernels() -> Check:
    found = f"{_native.__version__}, {_native.build_profile} build"
    return Check("kernels", _native.build_profile == "release", found, "Build them with `maturin develop --release`.")


def _codecs() -> Check:
    found = ", ".join(f"{name} {number}" for name, number in library_versions(None).items() if name != RUNTIME)
    return Check("codecs", True, found)


def _runtime() -> Check:
    computes = ", ".join(installed_providers())
    return Check("ONNX Runtime", True, f"{library_versions(None)[RUNTIME]}, computes with {computes}")


def _box() -> Check:
    """What holds back whoever takes a decoder over."""
    remedy = f"Take a Linux kernel with Landlock and seccomp; {VARIABLE}={WEAK} decodes without."
    if is_weak():
        return Check("box", True, f"switched off ({VARIABLE}={WEAK}): who takes a decoder over has your rights")
    version, why = box_here()
    held = f"Landlock (version {version}) and seccomp hold what workers decode in"
    return Check("box", not why, why or held, remedy)


def _cores() -> Check:
    return Check("processors", True, f"{os.cpu_count()} (one worker each)")


def _disk() -> Check:
    free, remedy = shutil.disk_usage(Path.cwd()).free, "Free space, or use --out on another disk."
    return Check("free disk here", free >= LOW_DISK_BYTES, f"{free / 1e9:.0f} GB", remedy)


def _links() -> Check:
    """Publishing is one rename: the folder's file system has to offer an atomic one."""
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".doctor-") as folder:
        (Path(folder) / "staged").mkdir()
        (Path(folder) / "staged").rename(Path(folder) / "published")
    return Check("atomic publish here", True, "yes")


def _model(name: str) -> Check:
    try:
        model = find_model(name)
    except BodycamError as error:
        return Check(f"model {name}", False, error.what, error.remedy)
    return Check(f"model {name}", True, f"{', '.join(model.kinds)} ({model.licence})")


CHECKS: tuple[Callable[[], Check], ...] = (_python, _kernels, _box, _codecs, _runtime, _cores, _disk, _links)
