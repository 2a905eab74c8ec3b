"""What a forked process keeps open of its parent's."""

import os
import resource
from collections.abc import Iterable


def close_all_but(kept: Iterable[int]) -> None:
    """Close every descriptor from 3 on that is not kept: else what a sibling waits for never ends."""
    first = 3
    for each in sorted(kept):
        os.closerange(first, each)
        first = each + 1
    os.closerange(first, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
