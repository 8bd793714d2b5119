"""An ensemble: several models as one, which predicts the mean of their probabilities."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinygpt_keras.evaluation.exact_loss import log_probabilities


@dataclass(frozen=True)
class Ensemble:
    """Several models whose predicted probabilities are averaged.

    Each model has overfitted to other details of the training text. Where all agree, the mean is as confident as
    they are; where a single one is confident and wrong, the others correct a part of the error.

    Reference: https://arxiv.org/abs/1612.01474
    """

    models: Sequence[Any]
    """Keras models from ids `(B, T)` to logits `(B, T, V)`."""

    def predict_on_batch(self, ids: NDArray[Any]) -> NDArray[np.float64]:
        """Average the models' probabilities.

        Args:
            ids: `(B, T)`.

        Returns:
            The logs of the mean probabilities, which are valid logits: `(B, T, V)`.
        """
        first, *others = self.models
        total = log_probabilities(np.asarray(first.predict_on_batch(ids)))
        for model in others:
            np.logaddexp(total, log_probabilities(np.asarray(model.predict_on_batch(ids))), out=total)
        return total - np.log(len(self.models))
