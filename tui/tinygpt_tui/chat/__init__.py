"""Conversations with a model, and questions about its predictions."""
