"""Training in several processes: starting them, joining them, and the exchange between them.

The arithmetic is Keras's: `keras.distribution.DataParallel` over JAX's devices sums the gradients. Every process runs
the same `model.fit` on its part of each batch; process 0 alone reads the text, evaluates and writes the run.
"""
