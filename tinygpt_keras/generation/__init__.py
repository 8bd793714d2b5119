"""Text generation: sampling, decoding with a key/value cache, stop strings, and the `Generator`."""

from tinygpt_keras.config import SamplingOptions
from tinygpt_keras.generation.generator import WORTH_COMPILING, Generator
from tinygpt_keras.generation.sampling import Knobs, choose, distribution
from tinygpt_keras.generation.stopping import stop_at

__all__ = ["WORTH_COMPILING", "Generator", "Knobs", "SamplingOptions", "choose", "distribution", "stop_at"]
