"""How the demo's sample is made: who is in it, how the messages are delivered, and what must come of them.

Nothing here uses Milepost's core: the answers would otherwise be its own.
"""
