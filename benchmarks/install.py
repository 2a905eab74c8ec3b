"""What a wheel brings into an empty environment: ``python -m benchmarks.install WHEEL``, or ``make install-size``."""

import os
import subprocess
import sys
import tempfile
import venv
from dataclasses import dataclass
from pathlib import Path

INSTALLER = {"pip", "setuptools"}
"""What every environment has before anything is installed."""

_LIST = """
from importlib.metadata import distributions
for each in distributions():
    print(each.name, sum(f.locate().stat().st_size for f in each.files or () if f.locate().is_file()))
"""


@dataclass(frozen=True)
class Installed:
    """Bytes on the disk by distribution, compiled modules included, pip and setuptools left out."""

    sizes: dict[str, int]

    @property
    def megabytes(self) -> float:
        """In units of 10^6 bytes."""
        return sum(self.sizes.values()) / 1e6


def path_without_rust() -> str:
    """Make a search path of the folders of this one in which no Rust compiler lies."""
    folders = os.environ["PATH"].split(os.pathsep)
    return os.pathsep.join(f for f in folders if not any((Path(f) / tool).exists() for tool in ("cargo", "rustc")))


def install(wheel: Path, folder: Path) -> Path:
    """Install a wheel into a new environment in a folder, without Rust; gives the environment's ``bin``."""
    venv.create(folder, with_pip=True)
    command: list[str | Path] = [folder / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", wheel]
    subprocess.run(command, check=True, env=os.environ | {"PATH": path_without_rust()})
    return folder / "bin"


def measured(binaries: Path) -> Installed:
    """What is installed in an environment."""
    said = subprocess.run([binaries / "python", "-c", _LIST], check=True, capture_output=True, text=True).stdout
    rows = (line.rsplit(" ", 1) for line in said.splitlines())
    return Installed({name: int(size) for name, size in rows if name not in INSTALLER})


def main() -> None:
    """Print the largest, and the sum."""
    with tempfile.TemporaryDirectory() as folder:
        found = measured(install(Path(sys.argv[1]), Path(folder)))
    for name, size in sorted(found.sizes.items(), key=lambda item: -item[1])[:10]:
        print(f"{size / 1e6:8.1f} MB  {name}")
    print(f"{len(found.sizes)} distributions, {found.megabytes:.0f} MB")


if __name__ == "__main__":
    main()
