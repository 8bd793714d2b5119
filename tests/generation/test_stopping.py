"""A text ends before the first stop string, however it is cut into pieces."""

from hypothesis import example, given
from hypothesis import strategies as st

from tinygpt_keras.generation import stop_at

texts = st.text("ab", max_size=30)


@example("baa", ["a", "baa"], [2])
@given(texts, st.lists(st.text("ab", max_size=4), max_size=3), st.lists(st.integers(1, 5)))
def test_pieces_make_no_difference(text, stops, sizes):
    pieces, rest = [], text
    for size in sizes:
        pieces.append(rest[:size])
        rest = rest[size:]
    found = "".join(stop_at(iter([*pieces, rest]), stops))
    ends = [text.index(stop) for stop in stops if stop and stop in text]
    assert found == text[: min(ends, default=len(text))]


def test_text_streams_once_no_stop_can_match():
    pieces = stop_at(iter(["ab", "c", "\n", "x"]), ["\n\n"])
    assert list(pieces) == ["ab", "c", "\nx"]
