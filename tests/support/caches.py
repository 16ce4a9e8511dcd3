"""What the functions keep between invocations, forgotten between tests."""

from bridge import runtime


def clear_runtime_caches() -> None:
    """Have every function of :mod:`bridge.runtime` read its environment anew."""
    for cached in vars(runtime).values():
        if hasattr(cached, "cache_clear"):
            cached.cache_clear()
