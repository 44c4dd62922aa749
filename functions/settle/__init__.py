"""The clock is folded into the progress of who is due."""
