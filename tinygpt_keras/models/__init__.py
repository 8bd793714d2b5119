"""The three models, `bigram`, `tiny_gpt` and `transformer`; building, opening and filling them."""
