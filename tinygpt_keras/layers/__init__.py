"""The layers of a transformer; read attention, then feed_forward, then block."""

from tinygpt_keras.layers.attention import Attention, attention_weights
from tinygpt_keras.layers.block import TransformerBlock
from tinygpt_keras.layers.embedding import DenseEmbedding
from tinygpt_keras.layers.fast import Dense, Dropout, Memory, cache_rows
from tinygpt_keras.layers.feed_forward import FeedForward
from tinygpt_keras.layers.initialization import Initialization
from tinygpt_keras.layers.masks import causal_mask, padding_mask
from tinygpt_keras.layers.normalization import make_norm
from tinygpt_keras.layers.positions import sinusoids
from tinygpt_keras.layers.rotary import rotate, rotation

__all__ = [
    "Attention",
    "Dense",
    "DenseEmbedding",
    "Dropout",
    "FeedForward",
    "Initialization",
    "Memory",
    "TransformerBlock",
    "attention_weights",
    "cache_rows",
    "causal_mask",
    "make_norm",
    "padding_mask",
    "rotate",
    "rotation",
    "sinusoids",
]
