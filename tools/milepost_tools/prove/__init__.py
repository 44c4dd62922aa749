"""A deterministic simulation of the real handlers under faults, and a checker that knows nothing of their code.

A seed draws the catalog's moment of change, what people do, which faults there are and how often, and in which order
workers get their turns. The same seed is the same history, call by call.
"""
