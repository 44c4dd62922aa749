"""What every part of the catalog language has in common: strict, closed, and telling all that is wrong at once."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final, Self

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from milepost_tools.catalog.explain import explain
from milepost_tools.catalog.problems import Place, Problem, quoted, suggestion

REFUSED: Final = "refused"
"""The type of every error that leaves a part: its context is a `Problem`."""


def refusal(what: str, remedy: str) -> PydanticCustomError:
    """What a validator raises: a problem in the words that the user will read."""
    return PydanticCustomError(REFUSED, "{what}. {remedy}", Problem(what, remedy)._asdict())


class Part(BaseModel):
    """A mapping of the language. `noun` is what users call it."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, use_attribute_docstrings=True)

    noun: ClassVar[str]
    later: ClassVar[frozenset[str]] = frozenset()
    """Keys of the language that this release does not implement: refused, never ignored."""
    without: ClassVar[str] = "Leave it out."
    """What to do about such a key."""

    @classmethod
    def keys(cls) -> list[str]:
        """The keys as they are written."""
        return [field.alias or name for name, field in cls.model_fields.items()]

    @classmethod
    def amiss(cls, data: Mapping[str, object]) -> Iterable[tuple[Place, Problem]]:  # parts look at it
        """What is wrong with the mapping as a whole, whatever else is wrong inside it, and where in it."""
        return ()

    def askew(self) -> Iterable[tuple[Place, Problem]]:
        """What is wrong between parts of a mapping that are each in order, and where in it."""
        return ()

    @model_validator(mode="wrap")
    @classmethod
    def _explained(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:  # noqa: ANN401  # as it came
        problems = (
            [_error(place, problem, data) for place, problem in cls.amiss(data)] if isinstance(data, Mapping) else []
        )
        try:
            model = handler(data)
        except ValidationError as refused:
            problems += cls._in_words(refused)
        else:
            problems += [_error(place, problem, data) for place, problem in model.askew()]
            if not problems:
                return model
        raise ValidationError.from_exception_data(cls.__name__, problems)

    @classmethod
    def _in_words(cls, refused: ValidationError) -> list[InitErrorDetails]:
        errors = refused.errors(include_url=False)
        # Whoever wrote a key of a later release did not forget the key that it stands in for.
        excused = not cls.later.isdisjoint(error["loc"][0] for error in errors if error["loc"])
        return [
            _error(error["loc"], cls._problem(dict(error)), error["input"])
            for error in errors
            if not (excused and error["type"] == "missing" and len(error["loc"]) == 1)
        ]

    @classmethod
    def _problem(cls, error: dict[str, Any]) -> Problem:
        if error["type"] == REFUSED:
            return Problem(**error["ctx"])
        if error["type"] == "extra_forbidden":
            return cls._unknown(str(error["loc"][-1]))
        return explain(error)

    @classmethod
    def _unknown(cls, key: str) -> Problem:
        if key in cls.later:
            return Problem(f"{quoted(key)} is known to Milepost but not supported by this release", cls.without)
        known = cls.keys()
        otherwise = f"Its keys are {', '.join(known)}." if known else "Leave it out."
        return Problem(f"{quoted(key)} is not a key of {cls.noun}", suggestion(key, known, otherwise))


def _error(place: Place, problem: Problem, value: object) -> InitErrorDetails:
    return InitErrorDetails(type=refusal(*problem), loc=place, input=value)
