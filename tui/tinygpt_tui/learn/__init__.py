"""The tour of attention in words, and how its matrices are written and laid out, without widgets."""
