"""What every channel integration has in common: nudges in, each sent once, reports back.

It knows Milepost by its contract alone: the CloudEvents on its topics and the event queue.
"""
