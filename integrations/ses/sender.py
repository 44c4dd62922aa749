"""SES v2 `SendEmail`: one request a nudge, and what an error of SES means."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    ProxyConnectionError,
    SSLError,
)

from milepost_channels.answers import Answer, Busy, Refused, Taken, Unclear
from milepost_channels.nudge import Nudge, Reason, RefusedError
from milepost_channels.runtime import TIMEOUTS

TAG: Final = "nudge_id"
"""The email tag by which an event of SES finds its nudge; a tag's value may be what an id may be."""
_LOCAL: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}")
_NOT_SENT: Final = (ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError, SSLError)
_NEVER: Final = frozenset({"BadRequestException", "MessageRejected", "ValidationException"})
"""Errors that are about this email. The others are about the account, its limits or its setup, and can be mended
while the email waits: SendingPaused, LimitExceeded, MailFromDomainNotVerified and the like."""
_GATEWAYS: Final = frozenset({502, 504})
"""Answers of what stands before SES: whether SES got the request, they do not say."""


class Ses(Protocol):
    """As much of the client of SES v2 as is used. It must not send a request twice by itself."""

    def send_email(self, **request: Any) -> Mapping[str, Any]:  # noqa: ANN401  # A request as the API has it.
        """SendEmail."""
        ...


@dataclass(frozen=True, slots=True)
class Email:
    """SES. `contact_list`, if there is one, adds its link and header to unsubscribe."""

    client: Ses
    sender: str
    configuration_set: str
    contact_list: str | None = None

    at_once: int = 1
    tells_repeats: bool = False  # SendEmail has no idempotency key
    longest: float = float(sum(TIMEOUTS.values()))

    def check(self) -> None:
        """Nothing is needed: the function's role is the key."""

    def send(self, nudges: Sequence[Nudge]) -> Sequence[Answer]:
        """Send an email for each nudge."""
        return [self._send(nudge) for nudge in nudges]

    def _send(self, nudge: Nudge) -> Answer:
        try:
            self.client.send_email(**self._request(nudge))
        except RefusedError as refused:
            return Refused(refused.reason)
        except ClientError as error:
            return meaning(error)
        except _NOT_SENT:
            return Busy()
        except (ConnectionClosedError, HTTPClientError):
            return Unclear()
        return Taken()

    def _request(self, nudge: Nudge) -> Mapping[str, Any]:
        content = nudge.data.get("content")
        if not isinstance(content, Mapping) or not {"subject", "body"} <= content.keys():
            raise RefusedError(Reason.NO_CONTENT)
        subject = " ".join(str(content["subject"]).split())  # a template may have broken it over lines
        simple = {"Subject": _text(subject), "Body": {"Html": _text(str(content["body"]))}}
        request = {
            "FromEmailAddress": self.sender,
            "Destination": {"ToAddresses": [address(nudge.data.get("address"))]},
            "Content": {"Simple": simple},
            "ConfigurationSetName": self.configuration_set,
            "EmailTags": [{"Name": TAG, "Value": nudge.id}],
        }
        listed = {"ListManagementOptions": {"ContactListName": self.contact_list}} if self.contact_list else {}
        return {**request, **listed}


def address(found: object) -> str:
    """One plain address, its domain in ASCII; raises `RefusedError`.

    It is a trait, so it may be anything, also a list of addresses that would all get the email.
    """
    if not isinstance(found, str) or not found:
        raise RefusedError(Reason.NO_ADDRESS)
    local, _, domain = found.rpartition("@")
    try:
        domain = domain.encode("idna").decode()
    except UnicodeError:
        raise RefusedError(Reason.BAD_ADDRESS) from None
    if not _LOCAL.fullmatch(local) or not re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", domain):
        raise RefusedError(Reason.BAD_ADDRESS)
    return f"{local}@{domain}"


def meaning(error: ClientError) -> Answer:
    """What an error that came as an answer means."""
    code = error.response["Error"]["Code"]
    status = error.response["ResponseMetadata"].get("HTTPStatusCode", 0)
    if status in _GATEWAYS:
        return Unclear()
    return Refused(Reason.REFUSED) if code in _NEVER else Busy()


def _text(text: str) -> Mapping[str, str]:
    return {"Data": text, "Charset": "UTF-8"}
