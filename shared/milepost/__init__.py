"""Milepost counts what people do, notices milestones reached and missed, and hands nudges to channels.

The folder says what a module may import: `domain` is pure and imports nothing else of this package;
`application` orders the steps and knows the world by its ports; `adapters` are those ports on AWS.
"""
