"""Recorded logs: run through the pure core, or through a deployed stack, with the same files to show for it."""
