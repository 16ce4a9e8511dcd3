"""What the functions keep between invocations, forgotten between tests."""

from bridge import runtime
from bridge.console import composition


def clear_runtime_caches() -> None:
    """Have every function read its environment anew."""
    for cached in (*vars(runtime).values(), composition.console):
        if hasattr(cached, "cache_clear"):
            cached.cache_clear()
