"""The judge: it compares what was sent with what came of it, and imports nothing of Milepost."""
