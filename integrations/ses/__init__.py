"""Email through SES, and what SES tells of it afterwards."""
