"""Milestones as `milepost build` wrote them, with their rules, deadlines, steps and variants."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import TypeAlias

from milepost.domain import compiled, compiled_facts, compiled_nudges
from milepost.domain.compiled import Options, typed
from milepost.domain.milestone import PATHS, Milestone, Path, Step, Within
from milepost.domain.rules import build
from milepost.domain.shape import shape_of

Variants: TypeAlias = tuple[tuple[Fraction, Milestone], ...]
"""The share of subjects, all of them 1, and what the milestone is for them."""


def milestone(name: str, options: Options) -> Milestone:
    """One milestone.

    Raises:
        KeyError, TypeError: the options are not a compiled milestone of this version of Milepost.
    """
    rule = compiled.options_of(options, "reach")
    within = compiled.options_of(options, "within") if options.get("within") else None
    plain = Milestone(
        id=name,
        title=compiled.text(options, "title"),
        stage=compiled.text_or_none(options, "stage"),
        tier=compiled.text(options, "tier"),
        owner=compiled.text_or_none(options, "owner"),
        subject=compiled.text(options, "subject"),
        audience=compiled.conditions(options, "audience"),
        rule=build(rule),
        within=None if within is None else _within(within),
        fresh_for=compiled.duration(options, "fresh_for"),
        steps=_steps(compiled.options_of(options, "steps")),
        nudges_on_introduction=compiled.flag(options, "nudges_on_introduction"),
        shape=shape_of(rule, within),
        priority=compiled.integer(options, "priority"),
        holdout=compiled_nudges.holdout(options),
        next=compiled.text_or_none(options, "next"),
        reward=compiled.text_or_none(options, "reward"),
        call_to_action=compiled_facts.call_to_action(options),
        card=compiled.text_or_none(options, "card"),
    )
    variants = compiled.options_of(options, "variants")
    return replace(plain, variants=_variants(plain, {each: typed(variants[each], dict) for each in variants}, options))


def _variants(plain: Milestone, variants: Mapping[str, Options], options: Options) -> Variants:
    """The milestone as each variant has it: with its own threshold, and its own templates in place of others."""
    rule, within = compiled.options_of(options, "reach"), options.get("within")
    whole = sum(compiled.decimal(each, "share") for each in variants.values())
    found = []
    for name, each in variants.items():
        own = {**rule, **compiled.options_of(each, "reach")}
        steps = {path: tuple(_retold(step, each) for step in plain.steps[path]) for path in PATHS}
        shape = shape_of(own, None if within is None else typed(within, dict))
        milestone = replace(plain, rule=build(own), shape=shape, steps=steps, variant=name)
        found.append((Fraction(compiled.decimal(each, "share")) / Fraction(whole), milestone))
    return tuple(found)


def _retold(step: Step, variant: Options) -> Step:
    template = compiled.text_or_none(compiled.options_of(variant, "templates"), step.template)
    return step if template is None else replace(step, template=template)


def _steps(steps: Options) -> Mapping[Path, tuple[Step, ...]]:
    return {path: tuple(compiled_nudges.step(typed(each, dict)) for each in typed(steps[path], list)) for path in PATHS}


def _within(options: Options) -> Within:
    start = compiled.options_of(options, "from")
    return Within(
        compiled.duration(options, "for"),
        compiled.matcher(start) if "event" in start else None,
        compiled.text_or_none(start, "milestone"),
        compiled.text_or_none(start, "trait"),
    )
