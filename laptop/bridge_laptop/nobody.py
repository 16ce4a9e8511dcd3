"""An instance that is not asked: for plans that must not call anyone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NoReturn

from bridge.model import TimeWindow

if TYPE_CHECKING:  # a plan that asks nobody needs no HTTP
    from bridge.coopcycle.client import InstanceSettings


class Nobody:
    """Stands for the instance where the connection leaves nothing to ask; a question is a mistake of ours."""

    def settings(self) -> InstanceSettings:
        """Fail."""
        self._refuse()

    def time_slot_choices(self) -> list[TimeWindow]:
        """Fail."""
        self._refuse()

    def assert_feasible(self, body: Mapping[str, object]) -> None:
        """Fail."""
        del body
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise AssertionError("nobody is asked here")
