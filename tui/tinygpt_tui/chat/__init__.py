"""The conversation with a model, and the questions to it."""
