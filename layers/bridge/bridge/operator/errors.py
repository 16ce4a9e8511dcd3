"""Why something that an operator asked for cannot be done.

The text of each is a sentence for people that proposes no command: a command line and a page add their own.
"""

from __future__ import annotations

from collections.abc import Sequence


class OperatorError(Exception):
    """Root of these errors."""


class NoSuchStack(OperatorError):
    """Nothing is deployed under that name."""

    def __init__(self, name: str, region: str) -> None:
        super().__init__(f"no stack {name} in {region}")


class StackTooOld(OperatorError):
    """The stack lacks outputs or parameters that this version reads."""

    def __init__(self, name: str, missing: Sequence[str]) -> None:
        super().__init__(f"stack {name} does not say {', '.join(missing)}")


class NoSuchConnection(OperatorError):
    """No connection of that id is in force."""

    def __init__(self, connection_id: str, path: str) -> None:
        super().__init__(f"no connection {connection_id} under {path}")


class WrongConnection(OperatorError):
    """The settings of a connection do not pass the checks; names the keys."""

    def __init__(self, connection_id: str, problems: Sequence[str]) -> None:
        super().__init__(f"connection {connection_id}: {'; '.join(problems)}")


class NoSuchOrder(OperatorError):
    """Neither a record nor a parked message is of that order.

    ``waiting`` is how many messages, of all connections, are on the queue still.
    """

    def __init__(self, connection_id: str, order: str, waiting: int = 0) -> None:
        super().__init__(f"connection {connection_id} has no record of order {order}")
        self.connection_id = connection_id
        self.order = order
        self.waiting = waiting


class SeveralOrders(OperatorError):
    """Several orders of the connection are called the same."""

    def __init__(self, order: str, order_ids: Sequence[str]) -> None:
        super().__init__(f"several orders are called {order}; name one by its id: {', '.join(order_ids)}")


class NoWebhookKept(OperatorError):
    """The order's record holds no webhook that could be mapped anew."""

    def __init__(self, order: str) -> None:
        super().__init__(f"the record of order {order} holds no webhook")


class NothingParked(OperatorError):
    """Nothing of what was asked for is parked.

    ``others`` messages are; about ``hidden`` more cannot be seen now.
    """

    def __init__(self, others: int = 0, hidden: int = 0) -> None:
        super().__init__("no such message is parked")
        self.others = others
        self.hidden = hidden


class NotSettled(OperatorError):
    """What became of a call for the order is unknown, so nobody can say yet that it is done."""

    def __init__(self, order: str) -> None:
        super().__init__(
            f"whether CoopCycle holds a delivery of order {order} is not known yet; redrive it, and "
            "CoopCycle is asked before anything else"
        )


class IndexesMissing(OperatorError):
    """The table of orders has not all of its indexes."""

    def __init__(self, stack: str, present: int) -> None:
        super().__init__(f"stack {stack} was deployed with OrderIndexes={present}: orders cannot be listed")


class NotThisMessage(OperatorError):
    """The parked message that was named is not what was meant."""


class NotQueueable(OperatorError):
    """A webhook would not be put on the queue: it cannot be read, is ignored, or is too large."""


class WouldWait(OperatorError):
    """In a dry run: the message would go back to the queue; ``code`` is the reason's."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(f"it would wait ({code}): {sentence}")
        self.code = code


class WouldBeParked(OperatorError):
    """In a dry run: the message would be parked; ``code`` is the reason's."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(f"it would be parked ({code}): {sentence}")
        self.code = code


class CoopCycleNotAsked(OperatorError):
    """CoopCycle was asked for something and gave no usable answer."""

    def __init__(self, sentence: str, order_id: str = "") -> None:
        about = f" for order {order_id}" if order_id else ""
        super().__init__(f"CoopCycle could not be asked{about}: {sentence}")


class NoConsole(OperatorError):
    """The stack was deployed without the page for dispatchers."""

    def __init__(self, environment: str) -> None:
        super().__init__(f"environment {environment} has no page for dispatchers")


class NoSuchUser(OperatorError):
    """Nobody of that name may sign in to the page."""

    def __init__(self, mail: str) -> None:
        super().__init__(f"no user {mail}")


class NotAMailAddress(OperatorError):
    """What was given as a user's name is no mail address, or too long for one."""

    def __init__(self, mail: str) -> None:
        super().__init__(f'"{mail}" is no mail address, such as amel@coop.example')
