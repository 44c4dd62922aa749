"""The stack on one's own machine, and what the tools do with any deployed stack.

`local_stack` starts an emulator, deploys template.yaml to it and stops it again; `find_stack` finds one
that runs already, here or on AWS. Both give a `Stack`, which is all that the other modules need.
"""
