"""The two models: Bigram, where the progression starts, and TinyGPT, where it leads."""

from tinygpt_keras.models.bigram import Bigram
from tinygpt_keras.models.build import build_model
from tinygpt_keras.models.tiny_gpt import TinyGPT
from tinygpt_keras.models.torch_weights import copy_torch_weights

__all__ = ["Bigram", "TinyGPT", "build_model", "copy_torch_weights"]
