"""Several models as one, whose probabilities are the mean of theirs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinygpt_keras.evaluation.exact_loss import log_probabilities


@dataclass(frozen=True)
class Ensemble:
    """Models that are asked together.

    Each has learned other accidents of the training text by heart. Where all find a character likely, the mean is as
    sure as they are; where one alone is sure, and wrong, the others make up for a part of it.

    Reference: https://arxiv.org/abs/1612.01474
    """

    models: Sequence[Any]
    """Keras models from ids `(B, T)` to logits `(B, T, V)`."""

    def predict_on_batch(self, ids: NDArray[Any]) -> NDArray[np.float64]:
        """Average what the models say.

        Args:
            ids: `(B, T)`.

        Returns:
            The logs of the mean probabilities, which are logits, too: `(B, T, V)`.
        """
        said = [log_probabilities(np.asarray(model.predict_on_batch(ids))) for model in self.models]
        return np.logaddexp.reduce(said) - np.log(len(said))
