"""Runs as they lie on the disk: what they are, how they went, and their places."""
