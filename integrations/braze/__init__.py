"""Nudges as custom events of Braze, whose campaigns and Canvases write to the user."""
