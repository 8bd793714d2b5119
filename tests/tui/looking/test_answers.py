"""The answers that Look remembers: the ones used last, as many as there is room for, and none of older weights."""

from tinygpt_keras.findings import Attention, Head, Lens, Next
from tinygpt_keras.findings.values import Chance
from tinygpt_tui.looking.answers import HELD, LEAST, Answers, numbers
from tinygpt_tui.looking.questions import Question

BEST, STEP = Question("one", None, "text", "next", 0), Question("one", 200, "text", "next", 0)


def asked(number):
    return Question("one", None, "text", "head", number)


def test_only_as_many_numbers_are_held_as_fit():
    answers, large = Answers(), Head("text", 0, 0, [[0.5] * 1000] * (HELD // 20_000))
    for number in range(40):
        answers.keep(asked(number), large)
        answers.get(asked(0))
    kept = [number for number in range(40) if asked(number) in answers]
    assert kept == [0, *range(22, 40)], "those that were used last"
    for number in range(LEAST):
        answers.keep(asked(100 + number), Head("text", 0, 0, [[0.5] * HELD]))
    assert all(asked(100 + number) in answers for number in range(LEAST)), "a view needs some, whatever their size"
    assert asked(39) not in answers


def test_an_answer_replaced_is_counted_once():
    answers = Answers()
    for _ in range(100):
        answers.keep(BEST, Head("text", 0, 0, [[0.5] * (HELD // 2)]))
    answers.keep(STEP, "no answer")
    for number in range(LEAST):
        answers.keep(asked(number), "none")
    assert BEST in answers


def test_numbers_are_counted_in_every_shape():
    assert numbers("no answer") == 1
    assert numbers(Attention("text", 3, [[[0.25] * 4] * 2] * 3)) == 4 + 24
    assert numbers(Next("text", 3, [Chance("a", 0.5)] * 65, [])) == 2 + 2 * 65
    assert numbers(Lens("text", 3, [[Chance("a", 0.5)] * 3] * 5)) == 2 + 2 * 15


def test_new_best_weights_leave_the_steps_answers():
    answers = Answers()
    answers.keep(BEST, "of the best")
    answers.keep(STEP, "of a step")
    ages = answers.age(BEST), answers.age(STEP)
    answers.forget_best()
    assert (BEST in answers, answers.get(STEP)) == (False, "of a step")
    assert (answers.age(BEST) > ages[0], answers.age(STEP)) == (True, ages[1])
    answers.forget()
    assert STEP not in answers
    assert answers.age(STEP) > ages[1]


def test_failures_are_forgotten_alone():
    answers = Answers()
    answers.keep(BEST, "it failed")
    answers.keep(STEP, Attention("text", 0, [[[1.0]]]))
    answers.forget_failures()
    assert (BEST in answers, STEP in answers) == (False, True)
