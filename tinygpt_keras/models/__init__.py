"""The two models: `bigram`, where the progression starts, and `tiny_gpt`, where it leads."""
