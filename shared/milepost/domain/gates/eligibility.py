"""Gates on the subject: what the nudge says concerns it, and somebody has said that it may be written to."""

from milepost.domain.gates.question import Closed, Question


def fresh(question: Question) -> Closed | None:
    """Nobody is written to about something that is older than `fresh_for`, counted from when the step was to go."""
    return Closed("cancelled", "stale") if question.now - question.planned >= question.lasting else None


def wanted(question: Question) -> Closed | None:
    """What the step was conditional on is true, and what was to come first has not come."""
    step = question.step
    if step.unless is not None and question.is_true(step.unless):
        return Closed("cancelled", "unless")
    return None if step.when is None or question.is_true(step.when) else Closed("cancelled", "if")


def audience(question: Question) -> Closed | None:
    """The subject takes part in the milestone."""
    holds = all(condition.holds(question.addressee.values) for condition in question.milestone.audience)
    return None if holds else Closed("suppressed", "audience")


def consent(question: Question) -> Closed | None:
    """Somebody has said yes to a channel of the step, and it has not been closed since."""
    if question.has_consent(question.channel):
        return None
    shut = question.channel in question.addressee.shut
    return Closed("suppressed", "channel_closed" if shut else "no_consent")


def address(question: Question) -> Closed | None:
    """A channel of the step that somebody has said yes to is one that reaches the subject."""
    return None if question.has_address(question.channel) else Closed("suppressed", "no_address")


def suppression(question: Question) -> Closed | None:
    """No rule says that now is a bad time to write to the subject at all."""
    bad = any(question.is_true(demand) for demand in question.catalog.guardrails.suppress)
    return Closed("suppressed", "suppress") if bad else None


def holdout(question: Question) -> Closed | None:
    """The subject is not one of those who are told nothing for the sake of comparison."""
    rule = question.milestone.holdout or question.catalog.guardrails.holdout
    if question.step.operational or rule is None or not rule.holds(question.catalog.name, question.addressee.subject):
        return None
    return Closed("held_out", "holdout")
