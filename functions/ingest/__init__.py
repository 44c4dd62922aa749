"""Events of the queue become progress."""
