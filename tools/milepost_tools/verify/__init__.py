"""What AWS must do, tried on a stack: each check is a row of docs/assumptions.md, which names it."""
