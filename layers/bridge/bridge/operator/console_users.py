"""Who may sign in to the page for dispatchers: invite, list, remove; and who of them may act.

Users are those of the stack's Amazon Cognito user pool. A user's name is a mail address; Cognito sends the
first password there ("Creating user accounts as administrator", Amazon Cognito developer guide), and nobody
signs up by himself. Those in the group ``dispatchers`` may act; the others look.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bridge.operator.errors import NoConsole, NoSuchUser, NotAMailAddress

if TYPE_CHECKING:
    from bridge.operator.deployment import Deployment

GROUP = "dispatchers"
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_INVITED = "FORCE_CHANGE_PASSWORD"  # the first password was sent, and not used yet
_LONGEST_MAIL = 128  # characters of a Cognito user's name


@dataclass(frozen=True, slots=True)
class ConsoleUser:
    """One user; ``has_signed_in`` is false until the first password was used."""

    mail: str
    is_dispatcher: bool
    has_signed_in: bool
    invited_at: datetime

    @property
    def may(self) -> str:
        """What he may do: "act" or "look"."""
        return may(dispatcher=self.is_dispatcher)


def may(*, dispatcher: bool) -> str:
    """Name what somebody may do on the page."""
    return "act" if dispatcher else "look"


class ConsoleUsers:
    """The users of one deployment's page.

    Raises:
        NoConsole: the stack was deployed without the page.
    """

    def __init__(self, deployment: Deployment) -> None:
        if not deployment.user_pool_id:
            raise NoConsole(deployment.environment)
        self._cognito: Any = deployment.client("cognito-idp")
        self._pool = {"UserPoolId": deployment.user_pool_id}

    def invite(self, mail: str, *, dispatcher: bool) -> bool:
        """Invite somebody, or once more who has not come yet; tell whether a mail is sent.

        Somebody who has come already is left as he is, but for what he may do.

        Raises:
            NotAMailAddress: the name is none.
        """
        mail = mail.strip().lower()
        if not _MAIL.fullmatch(mail) or len(mail) > _LONGEST_MAIL:
            raise NotAMailAddress(mail)
        is_sent = self._create(mail)
        change = self._cognito.admin_add_user_to_group if dispatcher else self._leave_group
        change(**self._pool, Username=mail, GroupName=GROUP)
        return is_sent

    def _create(self, mail: str) -> bool:
        attributes = [{"Name": "email", "Value": mail}, {"Name": "email_verified", "Value": "true"}]
        asked = {**self._pool, "Username": mail, "DesiredDeliveryMediums": ["EMAIL"]}
        try:
            self._cognito.admin_create_user(**asked, UserAttributes=attributes)
        except self._cognito.exceptions.UsernameExistsException:
            if self._cognito.admin_get_user(**self._pool, Username=mail)["UserStatus"] != _INVITED:
                return False
            self._cognito.admin_create_user(**asked, MessageAction="RESEND")
        return True

    def _leave_group(self, **of: str) -> None:
        groups = self._cognito.admin_list_groups_for_user(**self._pool, Username=of["Username"])["Groups"]
        if any(group["GroupName"] == GROUP for group in groups):
            self._cognito.admin_remove_user_from_group(**of)

    def all(self) -> list[ConsoleUser]:
        """Return every user, by mail address."""
        in_group = {
            user["Username"]
            for page in self._cognito.get_paginator("list_users_in_group").paginate(
                **self._pool, GroupName=GROUP
            )
            for user in page["Users"]
        }
        users = (
            ConsoleUser(
                mail=user["Username"],
                is_dispatcher=user["Username"] in in_group,
                has_signed_in=user["UserStatus"] != _INVITED,
                invited_at=user["UserCreateDate"],
            )
            for page in self._cognito.get_paginator("list_users").paginate(**self._pool)
            for user in page["Users"]
        )
        return sorted(users, key=lambda each: each.mail)

    def remove(self, mail: str) -> None:
        """Remove a user; what he still sees ends with his token, within the hour.

        Raises:
            NoSuchUser: there is none of that address.
        """
        named = {**self._pool, "Username": mail.strip().lower()}
        try:
            self._cognito.admin_user_global_sign_out(**named)  # no token is renewed any more
            self._cognito.admin_delete_user(**named)
        except self._cognito.exceptions.UserNotFoundException as error:
            raise NoSuchUser(mail) from error
