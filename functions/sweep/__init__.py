"""The clock finds who is due."""
