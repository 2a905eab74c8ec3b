"""A vault, its keys, and a policy that looks quickly, for attacks on them."""

from tests.backlog.conftest import fast
from tests.custody.conftest import desk, ring

__all__ = ["desk", "fast", "ring"]
