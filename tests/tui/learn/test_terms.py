"""The tour explains each of its terms where it is first used."""

import pytest

from tinygpt_keras.tour import ORDER, read_steps
from tinygpt_tui.learn.lesson import NOTES
from tinygpt_tui.learn.terms import TERMS, explained

STEPS = read_steps()
FUNCTIONS = ("tril", "where", "softmax", "swapaxes", "split", "concatenate", "relu", "layer_normalization")
WORDS = ("query", "key", "value", "score", "dot product", "gradient", "projection", "residual stream", "logits")


def text(name):
    """All that a step says and computes."""
    return "\n".join((*STEPS[name].sentences, STEPS[name].title, STEPS[name].lines, NOTES[name]))


@pytest.mark.parametrize("name", ORDER)
def test_every_term_stands_in_its_step(name):
    for term in TERMS[name]:
        assert term.lower() in text(name).lower()


def test_no_term_is_explained_twice():
    terms = [term for name in ORDER for term in TERMS[name]]
    assert len(terms) == len(set(terms))


@pytest.mark.parametrize("term", [*FUNCTIONS, *WORDS])
def test_what_a_newcomer_does_not_know_is_explained(term):
    assert any(term in line for name in ORDER for line in explained(name).plain.splitlines())


@pytest.mark.parametrize("name", ORDER)
def test_every_explanation_is_a_line(name):
    lines = explained(name).plain.splitlines()
    assert len(lines) == len(TERMS[name])
    assert all(len(line) < 120 for line in lines)
