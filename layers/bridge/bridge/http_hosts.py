"""Which addresses are asked at all. Only the standard library: the receiver reads connections too."""

from __future__ import annotations

from urllib.parse import SplitResult

# host.docker.internal is this machine as its containers call it (Docker's manual, networking). Nobody else
# can own the name: ICANN keeps "internal" for private networks (resolution of its board, 29 July 2024).
LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1", "host.docker.internal"})


def is_encrypted_or_local(parts: SplitResult) -> bool:
    """Tell whether an address is https, or plain http to this machine alone."""
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL_HOSTS)
