"""Runs on the disk: listing, summarising, following, renaming and deleting them."""
