"""The keys of every message that goes out (semantics, section 6), as types: what is built is checked against them.

The JSON Schemas in docs/schemas are made of these, descriptions and bounds included. A new key is no new version:
subscribers ignore what they do not know. A key that goes, or that means something else, is type `...v2`.
"""
