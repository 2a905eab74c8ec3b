"""A vault to attack, its keys, and a policy that looks quickly."""

from tests.backlog.conftest import fast
from tests.custody.conftest import desk, dock, ring

__all__ = ["desk", "dock", "fast", "ring"]
