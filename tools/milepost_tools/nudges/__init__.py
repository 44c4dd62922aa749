"""Decisions on everybody's nudges, and what an operator does about one: `milepost nudges`, `milepost nudge`."""
