"""The application: in which order things happen around the core, and what happens when a step fails.

It imports the domain and knows the world only through the ports of `milepost.application.ports`.
"""
