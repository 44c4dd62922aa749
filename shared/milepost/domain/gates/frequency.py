"""Gates on how much a subject is written to: arbitration between nudges that are close together, and caps."""

from milepost.domain.gates.question import Closed, Question, too_much


def arbitration(question: Question) -> Closed | None:
    """Nothing of higher priority went just before."""
    rule, now = question.catalog.guardrails.arbitration, question.now
    if rule is None:
        return None
    opens = rule.opens(question.addressee.used, question.milestone.priority, now)
    return None if opens <= now else too_much(opens, "arbitration", defers=rule.defers)


def caps(question: Question) -> Closed | None:
    """No cap is used up; the first that is gives the verdict."""
    for cap in () if question.step.operational else question.catalog.guardrails.caps:
        if cap.covers(question.use):
            opens = cap.opens(question.addressee.used, question.local, question.now)
            if opens != question.now:
                return too_much(opens, "cap", defers=cap.defers)
    return None
