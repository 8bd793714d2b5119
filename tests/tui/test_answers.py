"""A chat with a model that replies: each line alone is sent, and Why? shows where in it each head looked."""

from tests.tui.chatting import ask_why, say
from tests.tui.conftest import make_replying_run, make_run, screen_text, shows, until
from tinygpt_keras.worker.protocol import Inspect, Write
from tinygpt_tui.runs.choices import Choice
from tinygpt_tui.screens.chat import ChatScreen


async def test_each_line_is_replied_to_by_itself(ready, asked, runs_dir):
    path = make_replying_run(runs_dir, prompt="[b]16th of June")
    async with ready() as pilot:
        screen = pilot.app.screen
        temperature = screen.query_one("#knob-temperature")
        await until(pilot, shows(pilot, "replies to each line by itself", "Say something, such as: [b]16th of June"))
        assert temperature.value == "0.0", "one reply is right"
        pilot.app.chat_with(Choice(str(make_run(runs_dir, "a-play"))))
        await until(pilot, shows(pilot, "answered by", "continues a play", "let the model go on"))
        assert temperature.value == "0.8"
        temperature.value = "0.7"
        await say(pilot, "a line of the play")
        pilot.app.chat_with(Choice(str(path)))
        await until(pilot, shows(pilot, "replies to each line by itself", "answers", "Say something"))
        await until(pilot, lambda: screen.columns[0].tokenizer)
        assert temperature.value == "0.7", "a person has set it"
        assert "answered by" not in screen_text(pilot.app)
        assert "a line of the play" not in screen_text(pilot.app)
        await pilot.press("ctrl+t", "enter")  # no other way, and nothing to reply to
        await until(pilot, shows(pilot, "Type one first."))
        for line in ("May 3", "June 4"):
            await say(pilot, line)
        written = [request for request in asked if isinstance(request, Write)][-2:]
        assert [(request.prompt, request.stops) for request in written] == [("May 3", []), ("June 4", [])]
        await pilot.press("ctrl+r")
        await until(pilot, lambda: not screen.replies.open and len(asked) > 3)
        assert [request for request in asked if isinstance(request, Write)][-1].prompt == "June 4"
        await ask_why(pilot)
        inspected = [request for request in asked if isinstance(request, Inspect)][-1]
        assert (inspected.prompt, inspected.written) == ("June 4", "")
        await until(pilot, shows(pilot, "× across at the line", "1.1× “J”, 1 of 6", "2.2× “e”, 4 of 6", "June 4␃␂"))
        await until(pilot, shows(pilot, "1 of 6", "where it looked"))
        await pilot.press("h", "h", "h", "b")
        await until(pilot, shows(pilot, "block 1, cross-head 1", "100.0 %"))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, ChatScreen))
        for size in [(80, 24), (40, 12), (120, 40)]:
            await pilot.resize_terminal(*size)
            await pilot.pause()
        await pilot.press("f8")
        await until(pilot, shows(pilot, "source and reply", "June ␃", "␂Thou art line"))


async def test_a_line_to_a_model_of_speeches_has_its_speaker(ready, asked, runs_dir):
    make_replying_run(runs_dir, "scenes", "speeches", prompt="ROMEO:\nBut soft!\nWhat light?")
    async with ready() as pilot:
        screen = pilot.app.screen
        await until(pilot, shows(pilot, "you are", "ROMEO", "such as: But soft! What light?"))
        await until(pilot, lambda: screen.columns[0].tokenizer)
        assert "answered by" not in screen_text(pilot.app)
        screen.query_one("#speaker").value = "NURSE"
        await say(pilot, "But soft!")
        assert [request for request in asked if isinstance(request, Write)][-1].prompt == "NURSE:\nBut soft!"
        assert screen.columns[0].conversation.as_text().startswith("NURSE:\nBut soft!\n\nThou")
        await pilot.press("ctrl+b")
        assert screen.desk.prompt.value == "But soft!"
        await pilot.resize_terminal(80, 24)
        await until(pilot, shows(pilot, "you are", "NURSE"))
