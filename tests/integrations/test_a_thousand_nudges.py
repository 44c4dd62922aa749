"""Each integration delivers 1,000 nudges through its own handler while a tenth of the requests fail.

`make channels` prints the figures. What was taken, and how often, is read off the stand-in's raw log alone.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from json import dumps, loads
from random import Random
from typing import Any

import pytest

from integrations.braze import handler as braze_handler
from integrations.ses import handler as ses_handler
from integrations.webhook import handler as webhook_handler
from tests.integrations import clients
from tests.integrations.driving import Bench, Driven, Queues, drive, nudge, record
from tests.integrations.metrics import measured
from tests.integrations.standin import AFTER, BEFORE, FAULTS, StandIn, Vendor, running
from tests.integrations.vendors import BrazeVendor, SesVendor, WebhookVendor
from tests.template.loading import ROOT

README = ROOT / "integrations" / "README.md"
NUDGES = 1000
DUPLICATES = 50
IDS = [nudge(number)["id"] for number in range(NUDGES)]


@dataclass(frozen=True)
class Integration:
    """What is run: a vendor, the sender at it, the handler, and whether taking is delivering."""

    vendor: Callable[[], Vendor]
    sender: Callable[[StandIn], Any]
    handler: Any
    reports: bool
    send_ambiguous: bool = False


INTEGRATIONS = {
    "ses": Integration(SesVendor, clients.email, ses_handler.lambda_handler, reports=False),
    "webhook": Integration(
        lambda: WebhookVendor(clients.SECRET), clients.webhook, webhook_handler.lambda_handler, reports=True
    ),
    "braze": Integration(lambda: BrazeVendor(clients.KEY), clients.braze, braze_handler.lambda_handler, reports=True),
    "ses, Ambiguous=send": Integration(
        SesVendor, clients.email, ses_handler.lambda_handler, reports=False, send_ambiguous=True
    ),
}


def messages() -> tuple[Sequence[Any], Sequence[Any]]:
    """The queue's messages in a shuffled order, half of the copies among them, the other half for the next round."""
    chance = Random(6)
    first = [record(f"m-{number}", dumps(nudge(number))) for number in range(NUDGES)]
    chance.shuffle(first)
    copied = chance.sample(range(NUDGES), DUPLICATES)
    copies = [{**first[place], "messageId": f"copy-{place}"} for place in sorted(copied)]
    half = copies[: DUPLICATES // 2]
    for copy, place in reversed([*zip(half, sorted(copied), strict=False)]):
        first.insert(place + 1, copy)
    return first, copies[DUPLICATES // 2 :]


@dataclass(frozen=True)
class Run:
    """One integration's thousand: the stand-in with its raw log, its surroundings, and what was told meanwhile."""

    stand_in: StandIn
    bench: Bench
    driven: Driven
    metrics: Counter[str]
    kept: Counter[str]
    """What lay in the dead-letter queue before anything was sent back."""
    sent_back: int

    def silent(self, *faults: str) -> Counter[str]:
        """The nudges whose request got no answer, by the raw log."""
        silent = (raw for raw in self.stand_in.log if raw.fault in faults)
        return Counter(id_ for raw in silent for id_ in self.stand_in.vendor.ids(raw.body))

    def reported(self) -> Counter[str]:
        """The nudges that Milepost was told of, each different message once."""
        told = {event["messageId"]: dumps(event) for event in self.bench.queues.events()}
        assert len({dumps(event) for event in self.bench.queues.events()}) == len(told)
        return Counter(loads(body)["properties"]["nudge_id"] for body in told.values())


def run(integration: Integration, capfd: pytest.CaptureFixture[str]) -> Run:
    """Deliver the thousand."""
    bench = Bench(Queues(flaky=True))
    with running(integration.vendor(), seed=6, rate=0.1) as stand_in:
        sender = integration.sender(stand_in)
        work = bench.delivery(sender, reports=integration.reports, send_ambiguous=integration.send_ambiguous)
        driven = drive(integration.handler, work, bench, *messages())
        metrics, dead = measured(capfd.readouterr().out), list(bench.queues.messages["dead"])
        kept = Counter(loads(each["MessageBody"])["id"] for each in dead)
        stand_in.rate = 0
        missing = [each for each in dead if loads(each["MessageBody"])["id"] not in stand_in.taken()]
        drive(integration.handler, work, bench, [sent_back(each) for each in missing], ())
    return Run(stand_in, bench, driven, metrics, kept, len(missing))


def sent_back(dead: Any) -> Any:
    """A message of the dead-letter queue after a redrive: a new id, the same body, and the reason is still on it."""
    reason = dead["MessageAttributes"]["reason"]["StringValue"]
    return record(f"back-{loads(dead['MessageBody'])['id']}", dead["MessageBody"], reason=reason)


def figures(name: str, run: Run) -> dict[str, object]:
    """The row of integrations/README.md."""
    faults, taken = run.stand_in.faults(), run.stand_in.taken()
    return {
        "integration": name,
        "given out": run.driven.given_out,
        "requests": len(run.stand_in.log),
        "failed": faults.total(),
        "of these without an answer": sum(faults[each] for each in BEFORE + AFTER),
        "taken once": sum(times == 1 for times in taken.values()),
        "twice": sum(times > 1 for times in taken.values()),
        "Ambiguous": run.metrics["Ambiguous"],
        "kept": run.kept.total(),
        "sent back": run.sent_back,
    }


def shown(figures: dict[str, object]) -> str:
    """Two lines, the figures under their names."""
    widths = [max(len(key), len(str(value))) for key, value in figures.items()]
    rows = (figures.keys(), figures.values())
    return "\n".join("  ".join(f"{cell!s:>{w}}" for cell, w in zip(row, widths, strict=True)) for row in rows)


@pytest.mark.parametrize("name", INTEGRATIONS)
def test_a_thousand_nudges_are_each_taken_exactly_once(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    """A tenth of the requests fail, a twentieth of the messages come twice; what is ambiguous is counted apart.

    What was kept for being ambiguous an operator then sends back, if the vendor's own record does not know it.
    """
    integration = INTEGRATIONS[name]
    ran = run(integration, capfd)
    with capfd.disabled():
        print(f"\n{shown(figures(name, ran))}")  # noqa: T201  # for `make channels`
    taken = ran.stand_in.taken()
    before, after = ran.silent(*BEFORE), ran.silent(*AFTER)

    assert set(ran.stand_in.faults()) == set(FAULTS)
    assert 0.07 < ran.stand_in.faults().total() / len(ran.stand_in.log) < 0.13
    assert not ran.driven.given_up
    assert ran.metrics["Ambiguous"] == (before + after).total()
    if integration.send_ambiguous:
        assert not ran.kept
        assert taken == {id_: 1 + after[id_] for id_ in IDS}  # as often as it was asked for, and no oftener
    else:
        assert ran.kept == (Counter() if name == "webhook" else before + after)
        assert taken == dict.fromkeys(IDS, 1)
    if integration.reports:
        unknown = after if name == "braze" else Counter()  # taken, but nobody said so
        assert ran.reported() == Counter(set(IDS) - unknown.keys())
    else:
        assert not ran.reported()
    told = " | ".join(str(value) for value in figures(name, ran).values())
    assert f"\n| {told} |\n" in README.read_text(encoding="utf-8")
