"""What is asked of Parameter Store, and a clock that moves when told to."""

from __future__ import annotations

from typing import Any


class CountingSsm:
    """Parameter Store with a count of the questions asked, and a failure to give instead of an answer."""

    def __init__(self, ssm: Any) -> None:
        self._ssm = ssm
        self.calls = 0
        self.failure: Exception | None = None

    def get_parameters(self, **arguments: Any) -> Any:
        """Answer or fail."""
        return self._ask("get_parameters", arguments)

    def get_parameters_by_path(self, **arguments: Any) -> Any:
        """Answer or fail."""
        return self._ask("get_parameters_by_path", arguments)

    def _ask(self, operation: str, arguments: dict[str, Any]) -> Any:
        self.calls += 1
        if self.failure is not None:
            raise self.failure
        return getattr(self._ssm, operation)(**arguments)


class Clock:
    """A clock that moves when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now
