"""The first weights of a model."""

import dataclasses
from dataclasses import dataclass
from typing import Any

import keras

GPT2_DEVIATION = 0.02  # GPT-2's, https://github.com/openai/gpt-2/blob/master/src/model.py


@dataclass(frozen=True)
class Initialization:
    """Chooses initializers by the name of a scheme.

    Schemes: `gpt2` is normal with deviation 0.02, output projections divided by the root of twice the number of
    blocks; `normal` is without that division; `zero` starts every block as the identity (its output projections are
    zero) and every chance alike (so is the head, unless it is the embedding's table), with embeddings as in `gpt2` and
    the other matrices uniform with variance 1 / (4 inputs); `torch` is what PyTorch's Linear and Embedding start with.
    """

    scheme: str = "gpt2"
    num_layers: int = 1

    def kernel(self, inputs: int, residual: bool = False) -> keras.initializers.Initializer:
        """Give the initializer of a matrix.

        Args:
            inputs: How many inputs the matrix has.
            residual: Whether its output is added to the residual stream.

        Returns:
            A Keras initializer.
        """
        if self.scheme == "zero":
            bound = 0.5 * (3 / inputs) ** 0.5  # half the deviation that keeps the variance of unit inputs
            return keras.initializers.Zeros() if residual else keras.initializers.RandomUniform(-bound, bound)
        if self.scheme == "torch":
            return keras.initializers.RandomUniform(-(inputs**-0.5), inputs**-0.5)
        shrink = (2 * self.num_layers) ** -0.5 if residual and self.scheme == "gpt2" else 1.0
        return keras.initializers.RandomNormal(stddev=GPT2_DEVIATION * shrink)

    def bias(self, inputs: int) -> keras.initializers.Initializer:
        """Give the initializer of a bias; `inputs` is its matrix's."""
        if self.scheme == "torch":
            return keras.initializers.RandomUniform(-(inputs**-0.5), inputs**-0.5)
        return keras.initializers.Zeros()

    def embedding(self) -> keras.initializers.Initializer:
        """Give the initializer of an embedding."""
        deviation = 1.0 if self.scheme == "torch" else GPT2_DEVIATION
        return keras.initializers.RandomNormal(stddev=deviation)

    def head(self, inputs: int) -> keras.initializers.Initializer:
        """Give the initializer of the head: zero logits at first where projections are zero, too."""
        return keras.initializers.Zeros() if self.scheme == "zero" else self.kernel(inputs)

    def as_dict(self) -> dict[str, Any]:
        """Give the fields, for a layer's config."""
        return dataclasses.asdict(self)
