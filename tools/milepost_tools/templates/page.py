"""Previews as one HTML page that needs nothing else: no script runs in it, and it loads nothing."""

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from json import dumps
from typing import Final

from milepost_tools.templates.preview import Preview

_HEAD: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 42rem; margin: 2rem auto; background: #f3f4f6 }}
section {{ background: #fff; border-radius: 12px; padding: 1rem; margin: 1.5rem 0; box-shadow: 0 1px 3px #0003 }}
h2 {{ font-size: .85rem; font-weight: 500; color: #6b7280; margin: 0 0 .75rem }}
iframe {{ width: 100%; height: 22rem; border: 1px solid #e5e7eb; border-radius: 8px; background: #fff }}
.bubble {{ background: #e5e7eb; border-radius: 16px; padding: .5rem .9rem; white-space: pre-wrap }}
dl {{ margin: 0 }} dt {{ color: #6b7280; font-size: .85rem }} dd {{ margin: 0 0 .5rem; white-space: pre-wrap }}
.note {{ color: #6b7280; font-size: .85rem; margin: .75rem 0 0 }} .failed {{ color: #b91c1c }}
</style>
<h1>{title}</h1>
"""


def page(title: str, previews: Iterable[Preview]) -> str:
    """The page for these."""
    return _HEAD.format(title=escape(title)) + "".join(_section(each) for each in previews) + "</html>\n"


def _section(preview: Preview) -> str:
    shown = "" if preview.content is None else _shown(preview.use.channel, preview.content)
    kind = "note" if preview.failed is None else "note failed"
    notes = "".join(f'<p class="{kind}">{escape(each)}</p>' for each in preview.notes)
    return f"<section><h2>{escape(preview.title)}</h2>{shown}{notes}</section>\n"


def _shown(channel: str, content: Mapping[str, object]) -> str:
    if channel == "email":
        # Sandboxed, so that the page of a template is as harmless as its text.
        body = escape(str(content["body"]))
        return f'<p><strong>{escape(str(content["subject"]))}</strong></p><iframe sandbox srcdoc="{body}"></iframe>'
    if channel in {"sms", "ops"}:
        return f'<p class="bubble">{escape(str(content["text"]))}</p>'
    return f"<dl>{''.join(_entries(content))}</dl>"


def _entries(content: Mapping[str, object]) -> Iterator[str]:
    for key, value in content.items():
        text = value if isinstance(value, str) else dumps(value, ensure_ascii=False, indent=1)
        yield f"<dt>{escape(key)}</dt><dd>{escape(text)}</dd>"
