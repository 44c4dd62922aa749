"""`make demo`: real purchases through the local stack, judged against the shipped answers."""
