"""Checks the decisions on nudges against the log and the catalog, sharing no code with what made them.

It reads the catalog as YAML, the log as JSON, and does its own arithmetic of caps, hours, calendars and lots, by
semantics.md and docs/catalog.md. It knows what the demo's catalog uses, and refuses to judge what it does not know.
"""
