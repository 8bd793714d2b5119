"""The nominal number of floating-point operations in a training step."""

from tinygpt_keras.config import ModelConfig


def step_flops(model: ModelConfig, batch_size: int) -> int:
    """Return the operations of a step: 6 N + 12 L H Q T per character.

    N is the number of parameters without the position table, L the blocks, H the heads, Q the head size, T the context.
    Source: PaLM, appendix B (https://arxiv.org/abs/2204.02311), as in nanoGPT's `estimate_mfu`: forward and backward
    pass, the masked half of attention included.

    Args:
        model: The architecture, with learned positions.
        batch_size: Windows per step.

    Returns:
        The number of additions and multiplications.
    """
    parameters = model.parameters() - model.block_size * model.embed_dim
    attention = 12 * model.num_layers * model.embed_dim * model.block_size  # H Q is the width
    return (6 * parameters + attention) * batch_size * model.block_size
