"""What goes wrong between here and AWS, as one sentence and a remedy."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from botocore import exceptions as boto
from botocore.exceptions import BotoCoreError, ClientError

from milepost_tools.problem import ProblemError

_SIGN_IN: Final = "Sign in to AWS ('aws sso login', 'aws configure' or AWS_PROFILE), then try again."

_REMEDIES: Final[tuple[tuple[type[BotoCoreError], str, str], ...]] = (
    (boto.NoCredentialsError, "There are no credentials for AWS here.", _SIGN_IN),
    (boto.PartialCredentialsError, "The credentials for AWS are incomplete.", _SIGN_IN),
    (boto.CredentialRetrievalError, "The credentials for AWS cannot be had.", _SIGN_IN),
    (boto.TokenRetrievalError, "The sign-in to AWS has expired.", _SIGN_IN),
    (boto.SSOError, "The sign-in to AWS has expired.", _SIGN_IN),
    (boto.UnauthorizedSSOTokenError, "The sign-in to AWS has expired.", _SIGN_IN),
    (boto.ProfileNotFound, "The AWS profile that is asked for does not exist.", "Set AWS_PROFILE to one that does."),
    (boto.NoRegionError, "No AWS region is set.", "Set AWS_REGION, or a region in your AWS profile."),
)
EXPIRED: Final = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"}
    | {"SignatureDoesNotMatch", "InvalidAccessKeyId", "RequestExpired", "AuthFailure"}
)
"""Codes that say that the credentials are none, or are none any more."""
DENIED: Final = frozenset({"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"})
"""Codes that say that the caller may not."""


def code_of(error: ClientError) -> str:
    """The service's name for what went wrong."""
    return error.response.get("Error", {}).get("Code", "")


@contextmanager
def telling_plainly() -> Iterator[None]:
    """Within, whatever AWS or the way to it refuses becomes a `ProblemError`."""
    try:
        yield
    except ClientError as error:
        raise _refused(error) from error
    except BotoCoreError as error:
        raise _failed(error) from error


def _refused(error: ClientError) -> ProblemError:
    code, message = code_of(error), error.response.get("Error", {}).get("Message", "")
    if code in EXPIRED:
        return ProblemError("AWS does not accept these credentials: they may have expired.", _SIGN_IN)
    if code in DENIED:
        what = f"These credentials may not do that: {message}"
        return ProblemError(what, "Ask for the permission, or use another profile.")
    return ProblemError(f"{error.operation_name} was refused: {message} ({code})", "Mend that, then try again.")


def _failed(error: BotoCoreError) -> ProblemError:
    for kind, what, remedy in _REMEDIES:
        if isinstance(error, kind):
            return ProblemError(what, remedy)
    if isinstance(error, boto.ConnectionError | boto.HTTPClientError):
        what = f"There is no answer from AWS or from the local stack: {error}"
        return ProblemError(what, "Check the network, the region and 'milepost local status', then try again.")
    return ProblemError(f"AWS cannot be used: {error}", "Check your AWS profile and region, then try again.")
