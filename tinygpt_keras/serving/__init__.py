"""The SavedModel: strings in, strings out, with the tokenizer in the graph; calling it needs no Python code.

| signature | inputs, one value a row | outputs, one value a row |
| --- | --- | --- |
| `serving_default` | `prompt` | `text`, by the default sampling with seed 0 |
| `generate` | `prompt`, `max_new`, `temperature`, `top_k`, `top_p`, `seed` | `text` |
| `generate_min_p` | those of `generate` and `min_p` | `text` |
| `next_char` | `prompt` | `characters` and their `probabilities`, a list each |
| `score` | `text`, and of an encoder-decoder `prompt` | `loss` in nats per character, `characters` counted |

Of an encoder-decoder, `prompt` is the source and `text` the reply, whose end `score` counts as a character.

Every signature takes any number of rows, also none. `Knobs` defines the effect of every number, NaN included; a
negative `max_new` writes nothing, and one above a million is refused.

XLA writes a single text. TensorFlow Serving allows that only with its flag `--xla_cpu_compilation_enabled`. A model
that is exported without XLA needs no flag, and writes the same text more slowly.
"""
