"""Training in several processes: starting them, meeting, and what they tell each other.

The arithmetic is Keras's: `keras.distribution.DataParallel` over JAX's devices sums the gradients. Every process runs
the same `model.fit` on its part of each batch; process 0 alone reads the text, evaluates and writes the run.
"""
