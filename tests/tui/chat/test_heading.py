"""The headline of the chat names the models, and what they are good for."""

from tinygpt_tui.chat.heading import headline


def test_the_models_are_named_with_what_they_do():
    assert headline([], is_play=True) == "a base model: it continues a play, answers no questions"
    assert headline(["one"], is_play=False) == "one · a base model: it continues a text, answers no questions"
    assert headline(["one", "two"], is_play=True).startswith("one beside two · base models: they continue a play")


def test_the_pretrained_model_fits_a_terminal_of_80():
    assert len(headline(["the pretrained model"], is_play=True)) <= 78
