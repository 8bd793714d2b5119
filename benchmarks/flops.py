"""How many floating-point operations a training step is counted as, whatever a library really computes."""

from tinygpt_keras.config import ModelConfig


def step_flops(model: ModelConfig, batch_size: int) -> int:
    """Count the operations of a step: 6 N + 12 L H Q T for each character.

    N are the parameters without the table of positions, L the blocks, H the heads, Q a head's width and T the context.
    The formula is PaLM's, appendix B (https://arxiv.org/abs/2204.02311), as nanoGPT's `estimate_mfu` applies it:
    forward and backward, the masked half of attention included.

    Args:
        model: The architecture, with learned positions.
        batch_size: Windows in a step.

    Returns:
        The operations, additions and multiplications each counted.
    """
    parameters = model.parameters() - model.block_size * model.embed_dim
    attention = 12 * model.num_layers * model.embed_dim * model.block_size  # H Q is the width
    return (6 * parameters + attention) * batch_size * model.block_size
