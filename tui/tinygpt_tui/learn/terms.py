"""The terms that a step of the tour is the first to use, each in a line."""

from textual.content import Content

from tinygpt_tui.text import plain

TERMS = {
    "mean_by_loop": {
        "position": "the place of a character in the sentence",
        "(B, T, C)": "the shape of the numbers: B sentences of T characters, C numbers for each",
        "ops": "the functions of Keras that compute with whole arrays of numbers",
        "axis": "the direction along which an array is added up: 0 the sentences, 1 the characters, 2 their numbers",
    },
    "mean_by_matrix": {
        "weights": "the shares that a position takes from each position; those of a row add up to one",
        "ops.tril": "keeps the lower left triangle of a matrix, and sets what is above the diagonal to zero",
        "@": "the product of two matrices: here it adds up the rows of x, each times its weight",
    },
    "mean_by_softmax": {
        "score": "any number that says how much a position takes from another, before softmax",
        "softmax": "e to the power of each score, divided by the sum of all of these",
        "visible": "the mask: true where a row's position may see a column's",
        "ops.where": "takes from its second argument where the first is true, and else from its third",
    },
    "one_head": {
        "query": "the numbers by which a position says what it looks for",
        "key": "the numbers by which others find it",
        "value": "the numbers that it hands over to those who do",
        "dot product": "two lists of numbers multiplied one by one and added up",
        "swapaxes": "exchanges the rows and the columns of a matrix",
        "D": "how many numbers a query has, the size of a head",
        "training": "changing the matrices a little at a time, until the model guesses the next character well",
    },
    "scaled_head": {
        "gradient": "which way, and how far, training moves each number so that the model guesses better",
        "head_dim**0.5": "the square root of D",
    },
    "several_heads": {
        "head": "one set of queries, keys and values, with weights of its own",
        "parameters": "the numbers that training changes",
        "projection": "a matrix that makes new numbers out of all the old ones",
        "ops.split": "cuts a matrix into equal parts; ops.concatenate joins such parts again",
    },
    "block": {
        "residual stream": "the numbers of each position on their way through the model; every part adds to them",
        "feed-forward": "two matrices, and between them a function that is not a straight line",
        "layer_normalization": "shifts and scales the numbers of a position to a mean of 0 and a spread of 1",
        "ops.relu": "keeps numbers above zero, and sets the others to zero",
        "logits": "a number for each character of the alphabet; softmax turns them into chances",
    },
    "looking_both_ways": {
        "encoder": "the half of a transformer that reads a text, and writes nothing",
        "padding": "what fills the shorter texts of a batch up; it means nothing",
        "is_there": "true for a character, false for padding",
    },
    "looking_across": {
        "source": "the text that is read, to reply to it",
        "reply": "the text that is written",
        "decoder": "the half that writes; alone, without looking across, it is a GPT",
        "cross-attention": "attention from the positions of one text to those of another",
        "(B, T, S)": "T characters of the reply, S of the source",
    },
}


def explained(name: str) -> Content:
    """Return the terms of a step, a line for each.

    Args:
        name: The step's name.
    """
    lines = (plain(term).stylize("bold") + plain(f": {meaning}") for term, meaning in TERMS[name].items())
    return Content("\n").join(lines)
