"""Initializers of a model's weights."""

import dataclasses
from dataclasses import dataclass
from typing import Any

import keras

GPT2_DEVIATION = 0.02  # GPT-2's, https://github.com/openai/gpt-2/blob/master/src/model.py


@dataclass(frozen=True)
class Initialization:
    """Chooses initializers by the name of a scheme.

    - `gpt2`: normal with standard deviation 0.02, for output projections divided by `sqrt(2 num_layers)`.
    - `normal`: the same without that division.
    - `zero`: output projections and an untied head are zero, so that every block begins as the identity and all
      characters as equally likely; embeddings as in `gpt2`, other matrices uniform with variance `1 / (4 inputs)`.
    - `torch`: as PyTorch's Linear and Embedding.
    - `xavier`: matrices uniform with variance `2 / (inputs + outputs)`, embeddings normal with variance `1 / width`,
      so that those of `scaled_embedding` have variance 1; as tensor2tensor trained "Attention Is All You Need".
    """

    scheme: str = "gpt2"
    num_layers: int = 1

    def kernel(self, inputs: int, residual: bool = False) -> keras.initializers.Initializer:
        """Return the initializer of a matrix.

        Args:
            inputs: Number of inputs of the matrix.
            residual: Whether its output is added to the residual stream.

        Returns:
            A Keras initializer.
        """
        if self.scheme == "zero":
            bound = 0.5 * (3 / inputs) ** 0.5  # half the deviation that preserves the variance
            return keras.initializers.Zeros() if residual else keras.initializers.RandomUniform(-bound, bound)
        if self.scheme == "torch":
            return keras.initializers.RandomUniform(-(inputs**-0.5), inputs**-0.5)
        if self.scheme == "xavier":
            return keras.initializers.GlorotUniform()
        shrink = (2 * self.num_layers) ** -0.5 if residual and self.scheme == "gpt2" else 1.0
        return keras.initializers.RandomNormal(stddev=GPT2_DEVIATION * shrink)

    def bias(self, inputs: int) -> keras.initializers.Initializer:
        """Return the initializer of a bias beside a matrix with that many inputs."""
        if self.scheme == "torch":
            return keras.initializers.RandomUniform(-(inputs**-0.5), inputs**-0.5)
        return keras.initializers.Zeros()

    def embedding(self, width: int) -> keras.initializers.Initializer:
        """Return the initializer of an embedding of a width."""
        deviation = {"torch": 1.0, "xavier": width**-0.5}.get(self.scheme, GPT2_DEVIATION)
        return keras.initializers.RandomNormal(stddev=deviation)

    def head(self, inputs: int) -> keras.initializers.Initializer:
        """Return the initializer of the head; `zero` begins with zero logits."""
        return keras.initializers.Zeros() if self.scheme == "zero" else self.kernel(inputs)

    def as_dict(self) -> dict[str, Any]:
        """Return the arguments that make this again."""
        return dataclasses.asdict(self)
