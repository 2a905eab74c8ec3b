"""Open an address in the system's browser without telling it to everybody who can list processes."""

import tempfile
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path


@contextmanager
def address_book(*, browser: bool) -> Iterator[Callable[[str], None]]:
    """Give a function that opens an address in the browser; it does nothing where ``browser`` is false.

    The browser is started with the name of a file that its owner alone can read and that leads to the address: what
    stands in a command line can be read by every user of the machine.
    """
    if not browser:
        yield lambda _address: None
        return
    with tempfile.TemporaryDirectory(prefix="bodycam-review-") as folder:

        def show(address: str) -> None:
            page = Path(folder) / "open.html"
            page.write_text(f'<!doctype html><meta http-equiv="refresh" content="0; url={escape(address)}">')
            webbrowser.open(page.as_uri())

        yield show
