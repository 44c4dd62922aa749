"""How an operation is called: as botocore calls and validates it, raises its errors and reads its pages."""

from collections.abc import Callable
from functools import cache, wraps
from threading import Lock
from typing import Any, Protocol, TypeAlias, TypeVar

from botocore.errorfactory import ClientExceptionsFactory
from botocore.exceptions import ClientError, ParamValidationError
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.paginate import Paginator, PaginatorModel
from botocore.validate import ParamValidator

from milepost_tools.engine.capacity import Bill, Meter
from milepost_tools.engine.values import Refusal, Request, UnsupportedError

Answer: TypeAlias = dict[str, Any]


class Metered(Protocol):
    """What has operations: one at a time, each billed."""

    meter: Meter
    lock: Lock


_Engine = TypeVar("_Engine", bound=Metered)


@cache
def _model() -> ServiceModel:
    return ServiceModel(Loader().load_service_model("dynamodb", "service-2"), "dynamodb")


@cache
def _shape(operation: str) -> Any:  # noqa: ANN401  # botocore's stubs know it only as one that may be missing.
    return _model().operation_model(operation).input_shape


@cache
def exceptions() -> Any:  # noqa: ANN401  # botocore makes its classes when it runs.
    """Classes of errors by their names, those that any client of this process raises."""
    return ClientExceptionsFactory().create_client_exceptions(_model())


def operation(name: str, known: str, *, several: bool) -> Callable[..., Callable[..., Answer]]:
    """Make an operation of what answers a request: checks before it, one lock around it, its bill after it.

    `known` are the parameters that it understands: another is refused by name. `several` says that an answer's
    consumed capacity is a list.
    """

    def decorate(answer_to: Callable[[_Engine, Request, Bill], Answer]) -> Callable[..., Answer]:
        @wraps(answer_to)
        def call(self: _Engine, **request: Any) -> Answer:  # noqa: ANN401  # As botocore takes them.
            report = ParamValidator().validate(request, _shape(name))
            if report.has_errors():
                raise ParamValidationError(report=report.generate_report())
            bill = Bill()
            with self.lock:
                try:
                    only_known(name, request, f"{known} ReturnConsumedCapacity")
                    answer = answer_to(self, request, bill)
                except Refusal as refusal:
                    raise error_of(refusal, name) from None
                finally:
                    self.meter.record(bill)
            level = request.get("ReturnConsumedCapacity", "NONE")
            if level != "NONE":
                consumed = bill.consumed(by_index=level == "INDEXES")
                answer["ConsumedCapacity"] = consumed if several else consumed[0]
            return {**answer, "ResponseMetadata": {"HTTPStatusCode": 200, "RetryAttempts": 0}}

        return call

    return decorate


def only_known(what: str, request: Request, known: str) -> None:
    """Refuse parameters that would be ignored."""
    unknown = sorted(set(request).difference(known.split()))
    if unknown:
        raise UnsupportedError(f"{', '.join(unknown)} of {what}")


def error_of(refusal: Refusal, operation: str) -> ClientError:
    """The error that botocore makes of a refusal."""
    response = {
        "Error": {"Code": refusal.code, "Message": refusal.message},
        "ResponseMetadata": {"HTTPStatusCode": 400, "RetryAttempts": 0},
        **refusal.more,
    }
    error: ClientError = exceptions().from_code(refusal.code)(response, operation)
    return error


def pages(method: Any, operation: str) -> Any:  # noqa: ANN401  # botocore's stubs take a method for text.
    """A paginator over an operation."""
    model = PaginatorModel(Loader().load_service_model("dynamodb", "paginators-1"))
    return Paginator(method, model.get_paginator(operation), _model().operation_model(operation))
