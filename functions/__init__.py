"""The Lambda functions, one verb each. A handler parses, calls the application, reports failures, measures."""
