"""The three vendors, each by its own published schema and written without a look at the integrations' code."""

import base64
import hashlib
import hmac
import re
import time
from collections.abc import Mapping, Sequence
from functools import cache
from json import loads
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator
from jsonschema import Draft202012Validator

from tests.integrations.standin import Reply

TAG_VALUE = re.compile(r"[A-Za-z0-9_-]{1,256}")


@cache
def _model() -> ServiceModel:
    return ServiceModel(Loader().load_service_model("sesv2", "service-2"), "sesv2")


class SesVendor:
    """SES v2: `SendEmail` of the API's own model, and what its documentation adds in words."""

    path = "/v2/email/outbound-emails"

    def __init__(self) -> None:
        self._shape: Any = _model().operation_model("SendEmail").input_shape

    def ids(self, body: bytes) -> Sequence[str]:
        """The tag that the sender put there."""
        return [tag["Value"] for tag in loads(body).get("EmailTags", []) if tag["Name"] == "nudge_id"]

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Take an email that the model and the documented limits allow."""
        request = loads(body)
        wrong = path != self.path or ParamValidator().validate(request, self._shape).has_errors()
        wrong |= not headers.get("authorization", "").startswith("AWS4-HMAC-SHA256 ")
        wrong |= any(not TAG_VALUE.fullmatch(tag["Value"]) for tag in request.get("EmailTags", []))
        wrong |= len(request["Destination"]["ToAddresses"]) != 1
        wrong |= any(not re.fullmatch(r"[!-~]+@[!-~]+", to) for to in request["Destination"]["ToAddresses"])
        if wrong:
            return Reply(400, {"message": "BadRequestException", "__type": "BadRequestException"})
        ids = tuple(self.ids(body))
        return Reply(200, {"MessageId": f"0100-{ids[0]}"}, ids)

    def failure(self, status: int) -> tuple[Mapping[str, str], Any]:
        """An error as the SDK reads it: its code in a header."""
        code = "TooManyRequestsException" if status == 429 else "InternalServiceErrorException"
        return {"x-amzn-errortype": code}, {"message": "try again"}


class WebhookVendor:
    """A receiver by Standard Webhooks: verifies signature and age, and takes an id once."""

    def __init__(self, *keys: bytes) -> None:
        self.keys = keys
        self.known: set[str] = set()

    def ids(self, body: bytes) -> Sequence[str]:
        """The CloudEvent's own id."""
        return [loads(body)["id"]]

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Take what is signed and new; a repeat under the same webhook-id is answered, and ignored."""
        id_, at = headers["webhook-id"], headers["webhook-timestamp"]
        signatures = {each.removeprefix("v1,") for each in headers["webhook-signature"].split(" ")}
        expected = {self._sign(key, id_, at, body) for key in self.keys}
        if signatures != expected or abs(time.time() - int(at)) > 300 or "." in id_:
            return Reply(400, {"error": "signature"})
        if not {"type", "timestamp", "data"} <= loads(body).keys():
            return Reply(422, {"error": "payload"})
        first = id_ not in self.known
        self.known.add(id_)
        return Reply(204, None, (id_,) if first else ())

    def _sign(self, key: bytes, id_: str, at: str, body: bytes) -> str:
        return base64.b64encode(hmac.digest(key, b".".join((id_.encode(), at.encode(), body)), hashlib.sha256)).decode()

    def failure(self, status: int) -> tuple[Mapping[str, str], Any]:
        """With the wait that HTTP has for it."""
        return ({"retry-after": "1"} if status in {429, 503} else {}), {"error": "busy"}


TRACK = {
    "type": "object",
    "additionalProperties": False,
    "minProperties": 1,
    "properties": {
        "events": {
            "type": "array",
            "maxItems": 75,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["external_id", "name", "time"],
                "properties": {
                    "external_id": {"type": "string", "minLength": 1},
                    "name": {"type": "string", "minLength": 1, "maxLength": 255},
                    "time": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"},
                    "properties": {
                        "type": "object",
                        "propertyNames": {"minLength": 1, "maxLength": 255, "pattern": r"^[^$]"},
                        "additionalProperties": {
                            "anyOf": [{"type": ["number", "boolean"]}, {"type": "string", "maxLength": 255}]
                        },
                    },
                },
            },
        }
    },
}
"""`/users/track` with events: "User Track" and "Event object" of Braze's documentation, without what is not sent."""


class BrazeVendor:
    """Braze's `/users/track`. `wrong` are nudges whose event it names in `errors` and does not take."""

    def __init__(self, key: str, wrong: frozenset[str] = frozenset()) -> None:
        self.key, self.wrong = key, wrong
        self._validator = Draft202012Validator(TRACK)

    def ids(self, body: bytes) -> Sequence[str]:
        """The nudges, by the property that the sender adds."""
        return [event["properties"]["nudge_id"] for event in loads(body)["events"]]

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Take every event but those that are wrong; there is no telling one from a repeat of it."""
        if path != "/users/track" or headers.get("authorization") != f"Bearer {self.key}":
            return Reply(401, {"message": "Unauthorized"})
        if headers.get("content-type") != "application/json" or not self._validator.is_valid(loads(body)):
            return Reply(400, {"message": "Bad Request"})
        ids = self.ids(body)
        errors = [
            {"type": "invalid", "input_array": "events", "index": place}
            for place, id_ in enumerate(ids)
            if id_ in self.wrong
        ]
        taken = tuple(id_ for id_ in ids if id_ not in self.wrong)
        told = {"message": "success", "events_processed": len(taken)} | ({"errors": errors} if errors else {})
        return Reply(201, told, taken)

    def failure(self, status: int) -> tuple[Mapping[str, str], Any]:
        """With the headers of the rate limit."""
        limit = {
            "x-ratelimit-limit": "3000",
            "x-ratelimit-remaining": "0",
            "x-ratelimit-reset": str(int(time.time()) + 2),
        }
        return (limit if status == 429 else {}), {"message": "error"}
