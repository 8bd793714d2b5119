"""Building a model from its configuration."""

from tinygpt_keras.config import ModelConfig
from tinygpt_keras.models.bigram import Bigram
from tinygpt_keras.models.tiny_gpt import TinyGPT
from tinygpt_keras.models.transformer import Transformer

ARCHITECTURES = {"gpt": TinyGPT, "bigram": Bigram, "transformer": Transformer}
Model = TinyGPT | Bigram | Transformer


def build_model(config: ModelConfig, precision: str = "float32") -> Model:
    """Build a model with its initial weights.

    Args:
        config: The architecture.
        precision: A Keras dtype policy, such as `mixed_bfloat16`.

    Returns:
        The built model.
    """
    model = ARCHITECTURES[config.architecture](config, dtype=precision, name=config.architecture)
    model.build((None, config.block_size))
    return model
