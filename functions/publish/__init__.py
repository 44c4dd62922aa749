"""What was decided is told to the topics and booked."""
