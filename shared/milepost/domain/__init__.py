"""What Milepost means: no clock, no identifiers made, no input or output, no logging.

Everything that decides whether a milestone is reached or missed and whether a nudge goes out lives here.
Time comes in as an argument; the lint rules of `pyproject.toml` keep it so.
"""
