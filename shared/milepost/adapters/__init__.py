"""The ports of the application on AWS, and what is stored there in which form."""
