"""The commands of `milepost`, one module each.

A command module has a docstring whose first line is its help, `configure(parser)` for its arguments and
`run(arguments)`, which returns the exit status and raises `ProblemError` for what the user can mend.
"""
