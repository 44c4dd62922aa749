"""Nudges to an HTTPS endpoint of yours, signed as Standard Webhooks says."""
