"""What runs on a person's machine: the command line, the local stack, the demo."""
