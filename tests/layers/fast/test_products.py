"""A single query gets the products that many get."""

import numpy as np
import pytest
import tensorflow as tf

from tests.layers.fast.tracing import operations, random_heads
from tinygpt_keras.layers.fast import blend, compare


@pytest.mark.parametrize("queries", [1, 5])
@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize(
    ("multiply", "equation", "width"), [(compare, "bhtd,bhsd->bhts", 4), (blend, "bhts,bhsd->bhtd", 6)]
)
def test_attention_multiplies_one_query_as_it_does_many(multiply, equation, width, dtype, queries):
    left, right = (tf.cast(random_heads(*shape), dtype) for shape in ((2, 3, queries, width), (2, 3, 6, 4)))
    with tf.GradientTape() as tape:
        tape.watch([left, right])
        product = multiply(left, right)
    assert product.dtype == dtype
    kinds = operations(multiply, left.shape, right.shape, dtype=dtype)
    assert ("BatchMatMulV3" in kinds) == (queries == 1 and dtype == "float32")
    exact = [np.asarray(tf.cast(x, "float64")) for x in (left, right)]
    rtol, atol = (1e-5, 1e-5) if dtype == "float32" else (0.02, 0.05)
    np.testing.assert_allclose(np.asarray(tf.cast(product, "float64")), np.einsum(equation, *exact), rtol, atol)
    # Of a sum of products the gradient of one side is the other's sum over what it lacks.
    ones = np.ones(product.shape)
    letters, (first, second) = equation.split("->")[1], equation.split("->")[0].split(",")
    expected = (
        np.einsum(f"{letters},{second}->{first}", ones, exact[1]),
        np.einsum(f"{letters},{first}->{second}", ones, exact[0]),
    )
    for found, wanted in zip(tape.gradient(product, [left, right]), expected, strict=True):
        np.testing.assert_allclose(np.asarray(found).astype("float64"), wanted, rtol, atol)
