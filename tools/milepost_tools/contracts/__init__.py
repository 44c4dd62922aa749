"""What producers and channels can rely on, for programs: JSON Schemas and an AsyncAPI document, made from the code."""
