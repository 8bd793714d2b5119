"""A cell of the table of runs is no wider than its column, and keeps what tells one run from another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tinygpt_tui.runs.cells import abbreviated


@pytest.mark.parametrize(
    ("width", "expected"), [(20, "tiny-20260102-030405"), (12, "tiny…-030405"), (8, "ti…30405"), (2, "…5")]
)
def test_a_long_name_keeps_its_end(width, expected):
    assert abbreviated("tiny-20260102-030405", width) == expected


@given(st.text(st.sampled_from("a語😀\u0301"), min_size=1, max_size=40), st.integers(3, 30))
def test_a_long_name_is_no_wider_than_its_column(name, width):
    assert cell_len(abbreviated(name, width)) <= width
