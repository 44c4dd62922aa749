"""Catalogs with a folder of templates, for tests."""

from pathlib import Path

HEAD = """\
catalog: shop
version: 1
events: {bought: {}}
consent: {email: always, sms: always, push: always, in_app: always, ops: always}
milestones:
"""
MILESTONE = """\
  {name}:
    reach: {{count: {{event: bought, at_least: {at_least}}}}}
    on_reached: [{{channel: {channel}, template: {template}}}]
"""


def catalog(*milestones: str) -> str:
    """A catalog of these."""
    return HEAD + "".join(milestones)


def milestone(name: str = "m", channel: str = "sms", template: str = "t", at_least: int = 1) -> str:
    """A milestone that sends one template."""
    return MILESTONE.format(name=name, channel=channel, template=template, at_least=at_least)


def written(folder: Path, text: str, **templates: str) -> Path:
    """The catalog's file, with these templates beside it."""
    file = folder / "catalog.yaml"
    file.write_text(text, encoding="utf-8")
    (folder / "templates").mkdir()
    for name, template in templates.items():
        (folder / "templates" / f"{name.replace('_', '-')}.yaml").write_text(template, encoding="utf-8")
    return file
