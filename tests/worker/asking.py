"""Requests, as the service receives them."""

import json


def receive(service, number, do, **fields):
    """Give the service a request."""
    service.receive(json.dumps({"id": number, "do": do, **fields}).encode())
