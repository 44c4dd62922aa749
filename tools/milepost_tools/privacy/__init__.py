"""What is held of one person: erased, or handed out."""
