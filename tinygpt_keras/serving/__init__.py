"""The SavedModel: strings in, strings out, the tokenizer inside the graph, no Python code needed to call it.

| signature | takes, one value a row | gives, one value a row |
| --- | --- | --- |
| `serving_default` | `prompt` | `text`, by the default sampling with seed 0 |
| `generate` | `prompt`, `max_new`, `temperature`, `top_k`, `top_p`, `seed` | `text` |
| `next_char` | `prompt` | `characters` and their `probabilities`, a list each |
| `score` | `text` | `loss` in nats per character, `characters` counted |

Every signature takes any number of rows, none included. What a number means that no sensible setting is, such as NaN,
`Knobs` says; a negative `max_new` writes nothing, and one above a million is refused.

A single text is written by XLA, which TensorFlow Serving allows only if it is started with
`--xla_cpu_compilation_enabled`; exported without XLA it needs no flag, and writes the same text more slowly.
"""
