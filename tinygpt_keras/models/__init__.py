"""The two models, `bigram` and `tiny_gpt`; building them, opening a trained one, and copying weights."""
