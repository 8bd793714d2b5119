"""Configuring, starting and watching training runs."""
