"""Logs and catalogs to run."""

import json
from pathlib import Path
from typing import Any

from milepost_tools.catalog import Compiled, compile_catalog

SHOP = """
catalog: shop
version: 3
grace: 1h
max_age: 20d
consent: {email: email_opt_in, in_app: always}
events: {signed_up: {}, ordered: {}}
milestones:
  first-order:
    stage: activation
    reach: {count: {event: ordered, at_least: 1}}
    within: {from: {event: signed_up}, for: 7d}
    on_reached: [{channel: in_app, template: hello}]
    on_missed: [{channel: email, template: need-a-hand}]
    on_recovered: [{channel: in_app, template: welcome-back}]
  second-order:
    stage: activation
    reach: {count: {event: ordered, at_least: 2}}
    on_reached: [{channel: email, template: again}]
  spent-20:
    stage: growth
    reach: {sum: {event: ordered, of: amount, at_least: 20, repeat: true}}
    on_reached: [{channel: [email, in_app], template: thanks}]
"""


def shop(folder: Path, text: str = SHOP, name: str = "shop.yaml") -> Path:
    """A catalog in a file."""
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def compiled_shop(folder: Path, text: str = SHOP) -> Compiled:
    """The same, compiled."""
    return compile_catalog(shop(folder, text))


def message(event: str, timestamp: str, user: str = "u_1", **more: Any) -> dict[str, Any]:
    """A track message of 2026: `timestamp` is `01-31`, or anything longer as it is."""
    when = f"2026-{timestamp}T00:00:00Z" if len(timestamp) == len("01-31") else timestamp
    return {
        "type": "track",
        "messageId": f"{user}{event}{timestamp}",
        "userId": user,
        "event": event,
        "timestamp": when,
        **more,
    }


def ndjson(folder: Path, *messages: dict[str, Any] | str | bytes, name: str = "log.ndjson") -> str:
    """A log in a file, one message a line."""
    lines = [each if isinstance(each, str | bytes) else json.dumps(each) for each in messages]
    content = b"\n".join(each.encode() if isinstance(each, str) else each for each in lines)
    file = folder / name
    file.write_bytes(content + b"\n")
    return str(file)
