"""The projections of attention and feed-forward: built `Dense` layers."""

from typing import Any

from tinygpt_keras.layers.fast import Dense
from tinygpt_keras.layers.initialization import Initialization


def make_dense(
    name: str,
    inputs: int,
    outputs: int,
    bias: bool,
    initialization: Initialization,
    dtype: Any,
    residual: bool = False,
) -> Dense:
    """Make a dense layer with its weights.

    Args:
        name: Its name.
        inputs: Number of input channels.
        outputs: Number of output channels.
        bias: Whether it has a bias.
        initialization: Chooses the initializers.
        dtype: The Keras dtype policy.
        residual: Whether its output is added to the residual stream.

    Returns:
        The built layer.
    """
    layer = Dense(
        outputs,
        use_bias=bias,
        kernel_initializer=initialization.kernel(inputs, residual),
        bias_initializer=initialization.bias(inputs),
        dtype=dtype,
        name=name,
    )
    layer.build((None, None, inputs))
    return layer
