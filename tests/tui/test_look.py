"""Looking inside a model: every view follows the cursor and the keys."""

import re

from textual.widgets import Input

from tests.tui.chatting import say
from tests.tui.conftest import make_run, screen_text, shows, until
from tests.tui.looks import TEXT, known, type_text, views
from tinygpt_tui.looking.ramp import LIGHT
from tinygpt_tui.screens.look import LookScreen
from tinygpt_tui.screens.looking import KEYS
from tinygpt_tui.widgets.sight import Sight


async def test_every_view_has_a_key_and_shows_its_figures(looking, asked):
    words = {
        "next": ["the model", "after settings", "▸ ↵", "50.0 %"],
        "attention": ["block 1, head 1 looks at the", "itself, 100.0 %", "all heads", "▸1.1", "2.2"],
        "surprise": ["bits a character", "bigram", "3.585", "this text", "3.400", "most surprising"],
        "lens": ["embedding", "block 4", "likeliest next characters"],
        "without": ["1.500 bits a character with the whole", "nothing is switched off", "block 4", "positions ■"],
        "neurons": ["concept 00", "1.1", "0.90", "AUC"],
    }
    async with looking() as pilot:
        for view, key in KEYS.items():
            for size in [(120, 40), (80, 24)]:
                await pilot.resize_terminal(*size)
                await pilot.press(key)
                await known(pilot)
                await until(pilot, shows(pilot, "F8 ‹Look›", *words[view]))
        assert {**dict.fromkeys(KEYS), "heads": None}.keys() == views(asked).keys()
        for key in KEYS.values():
            await pilot.press(key)
            for size in [(40, 12), (20, 5), (200, 60), (1, 1), (120, 40)]:
                await pilot.resize_terminal(*size)
                await pilot.pause()
            await known(pilot)
            await until(pilot, shows(pilot, "what it reads", "15 of 15"))
        await pilot.resize_terminal(200, 60)
        for key, second in (("n", "what each block would say"), ("l", "how surprising the text is")):
            await pilot.press(key)
            await until(pilot, shows(pilot, second, "block 4", "most surprising" if key == "l" else "after settings"))


async def test_arrows_and_clicks_move_the_cursor(looking):
    async with looking() as pilot:
        await pilot.press("a")
        for keys, place in (
            (["home"], 0), (["left"], 0), (["right", "right"], 2), (["down"], 7), (["right"], 8), (["up"], 7),
            (["up"], 0),
            (["end"], 14), (["right"], 14),
        ):  # fmt: skip
            await pilot.press(*keys)
            await known(pilot)
            assert pilot.app.screen.gaze.place == place
            assert pilot.app.screen.needed["attention"].place == place
            await until(pilot, shows(pilot, f"{place + 1} of 15"))
        await pilot.press("n", "left")
        await until(pilot, shows(pilot, "◂ follows in the text: t, choice 59 of 65, 0.0 %"))
        await pilot.press("a", "right")
        rows = screen_text(pilot.app).splitlines()
        row = next(number for number, line in enumerate(rows) if "But soft" in line)
        await pilot.click(offset=(rows[row].index("soft"), row))
        await until(pilot, lambda: pilot.app.screen.gaze.place == 11)
        await pilot.press(*["left"] * 30, *["right"] * 5)
        await known(pilot)
        await until(pilot, shows(pilot, "6 of 15"))


async def test_the_marked_row_stays_in_sight(looking):
    """In the list of all characters, of which 65 do not fit."""
    async with looking(size=(80, 24)) as pilot:
        sight = pilot.app.screen.query_one(Sight)
        await pilot.press(*["j"] * 20)
        await until(pilot, shows(pilot, "▸ H"))
        await pilot.press("pagedown", "pagedown", "pagedown", "pagedown", "pagedown", "pagedown")
        await until(pilot, shows(pilot, "▸ z"))
        assert sight.row == 64
        await pilot.press("k", "pageup")
        await until(pilot, shows(pilot, "▸"))
        assert sight.row == 63 - (sight.size.height - 1)
        await pilot.press(*["pageup"] * 6)
        await until(pilot, shows(pilot, "the model", "▸ ↵"))
        await pilot.press("o", "pagedown", "pagedown", "pagedown", "pagedown")
        await known(pilot)
        await until(pilot, lambda: sight.scroll_offset.y > 0)
        await pilot.press("l")
        await until(pilot, shows(pilot, "likeliest next characters"))


async def test_the_chosen_part_is_named_without_the_board(looking):
    async with looking(size=(70, 30)) as pilot:
        await pilot.press("o", "b", "h", "space")
        await until(pilot, shows(pilot, "block 2, head 2 is off"))
        assert not pilot.app.screen.query_one("#board").display
        await pilot.press("h", "h", "h")
        await until(pilot, shows(pilot, "block 2, feed-forward is on"))


async def test_a_small_terminal_shows_the_main_thing_of_a_view(looking):
    async with looking(size=(40, 12)) as pilot:
        await pilot.press("a")
        await known(pilot)
        await until(pilot, shows(pilot, "head 1 looks at", " ▀▄"))
        await pilot.press("o")
        await known(pilot)
        await until(pilot, shows(pilot, "block 1 [■]", "positions ■", "nothing is switched off"))


async def test_block_and_head_are_chosen_by_key_or_click(looking):
    async with looking() as pilot:
        await pilot.press("a")
        for key, name in (("b", "2.1"), ("h", "2.2"), ("H", "2.1"), ("B", "1.1"), ("B", "4.1"), ("H", "4.4")):
            await pilot.press(key)
            await known(pilot)
            await until(pilot, shows(pilot, f"▸{name}", "block {}, head {} looks at".format(*name.split("."))))
        # Of the script a block looks one further back than the one before it, and a head two.
        await until(pilot, shows(pilot, "block 4, head 4 looks at", "9 back 100.0 %"))
        rows = screen_text(pilot.app).splitlines()
        row = next(number for number, line in enumerate(rows) if " 3.2 " in line)
        await pilot.click(offset=(rows[row].index("3.2"), row))
        await until(pilot, shows(pilot, "▸3.2", "block 3, head 2 looks at"))


async def test_maps_have_a_scale_in_the_colours_of_the_theme(looking, monkeypatch):
    """And signs where there are no colours."""
    async with looking() as pilot:
        await pilot.press("a")
        await known(pilot)
        words = (
            "gaze of each row  0 % ████████ 100 %",
            "all heads  0 % ████████ 100 %",
            "it reads  0 % ████████ 100.0 %",
        )
        await until(pilot, shows(pilot, *words))
        sight, ramps = pilot.app.screen.query_one(Sight), []
        for _ in range(2):
            ramps.append([span.style for line in sight.lines for span in line.spans if "#" in str(span.style)])
            await pilot.press("f9")
            await pilot.pause()
        assert LIGHT.steps[0] in str(ramps[1])
        assert LIGHT.steps[0] not in str(ramps[0])
        await pilot.press("s")
        await until(pilot, shows(pilot, "what it reads  0 ████████ 8+ bits"))
    monkeypatch.setenv("NO_COLOR", "1")
    async with looking() as pilot:
        await pilot.press("a")
        await known(pilot)
        await until(pilot, shows(pilot, "gaze of each row  0 % ·░▒▓█ 100 %", "M   ········████", " ··█"))


async def test_at_most_one_answer_that_one_has_moved_on_from_is_waited_for(looking, asked, monkeypatch):
    monkeypatch.setenv("SCRIPTED_LATE_S", "0.4")
    async with looking() as pilot:
        await type_text(pilot, "&late " + TEXT)
        await pilot.press("a")
        await known(pilot)
        asked.clear()
        screen = pilot.app.screen
        screen.action_move(-1)
        await until(pilot, lambda: asked)
        for _ in range(12):
            screen.action_move(-1)
        screen.action_view("surprise")
        screen.action_view("lens")
        await known(pilot)
        assert [request.view for request in asked] == ["attention", "lens"]
        asked.clear()
        screen.action_view("attention")
        screen.action_move(-1)
        await until(pilot, lambda: asked)
        pilot.app.action_go("runs")
        await pilot.pause(1.0)
        assert len(asked) == 1, "nothing more is asked for a screen that one has left"
        await pilot.press("f8")
        await known(pilot)


async def test_parts_are_switched_off_and_on(looking, asked):
    async with looking() as pilot:
        await pilot.press("o")
        await known(pilot)
        await pilot.press("space", "b", "h", "space")
        await known(pilot)
        assert views(asked)["without"].without == ["blocks.0.head.0", "blocks.1.head.1"]
        await until(pilot, shows(pilot, "2.000 bits, +0.500, without block 1, head 1; block 2, head 2", "[□]"))
        await pilot.press(*["h"] * 3, "space", "x")
        await known(pilot)
        off = {"blocks.0.head.0", "blocks.1.head.1", "blocks.1.feed_forward", "positions"}
        assert set(views(asked)["without"].without) == off
        await until(pilot, shows(pilot, "positions □"))
        await pilot.press("w")
        await known(pilot)
        await until(pilot, shows(pilot, "nothing is switched off", "positions ■"))
        rows = screen_text(pilot.app).splitlines()
        row = next(number for number, line in enumerate(rows) if "positions ■" in line)
        await pilot.click(offset=(rows[row].index("■"), row))
        await until(pilot, shows(pilot, "without positions"))
        await pilot.press("r")
        await until(pilot, shows(pilot, "what each part does", "without it, most first", "block 4, head 4"))
        assert views(asked)["ablation"].place == views(asked)["without"].place
        await pilot.press("r")
        await until(pilot, shows(pilot, "without positions"))


async def test_a_hidden_unit_of_ones_choice_is_painted(looking, asked):
    async with looking() as pilot:
        await pilot.press("u")
        await known(pilot)
        await pilot.press("j", "j")
        await until(pilot, shows(pilot, "▸ concept 02"))
        await pilot.press("g")
        for answer, words in (
            ("9.1", "no such unit"),
            ("x", "no such unit"),
            ("²·1", "no such unit"),
        ):
            pilot.app.screen.query_one(Input).value = answer
            await pilot.press("enter")
            await until(pilot, shows(pilot, words))
        pilot.app.screen.query_one(Input).value = "3.17"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, LookScreen))
        await known(pilot)
        assert views(asked)["neurons"].part == "blocks.2.unit.16"
        await until(pilot, shows(pilot, "▸ nothing measured", "3.17"))


async def test_it_opens_on_what_one_came_from_and_esc_leads_back(ready, runs_dir):
    make_run(runs_dir, "one")
    make_run(runs_dir, "two", weights=False)
    async with ready() as pilot:
        await say(pilot, "But soft")
        await pilot.press("f8")
        await known(pilot)
        assert "ROMEO:\nBut soft\n\nJULIET:\nThou art line" in pilot.app.screen.gaze.text
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.current_mode == "chat")
        await pilot.press("f7", "end")
        await until(pilot, shows(pilot, "what it saw"))
        await pilot.press("f8")
        await until(pilot, lambda: pilot.app.screen.gaze.text.endswith("And so it ends."))
        assert pilot.app.screen.gaze.character == "s", "the last one before the full stop, which is explained"
        await pilot.press("f4")
        await until(pilot, shows(pilot, "best loss"))
        await pilot.press("f8")
        await known(pilot)
        assert pilot.app.screen.gaze.choice.path == str(runs_dir / "one")
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.current_mode == "runs")


async def test_another_model_is_chosen(looking, runs_dir, asked):
    """Of a bigram there is nothing inside."""
    make_run(runs_dir, "one")
    config = make_run(runs_dir, "pairs") / "config.json"
    config.write_text(re.sub('"architecture": "gpt"', '"architecture": "bigram"', config.read_text()))
    async with looking() as pilot:
        await pilot.press("f5")
        await until(pilot, shows(pilot, "Which model?", "pairs, best"))
        models = pilot.app.screen.query_one("#models")
        models.highlighted = [choice.label for choice in pilot.app.screen.choices].index("pairs, best")
        await pilot.press("enter")
        await until(pilot, lambda: views(asked)["next"].run == str(runs_dir / "pairs"))
        await known(pilot)
        assert pilot.app.screen.gaze.text == TEXT
        for key in "alou":
            await pilot.press(key)
            await until(pilot, shows(pilot, "A bigram knows pairs of characters alone"))
        await pilot.press("m", "escape", "b", "h", "space", "g", "j", "enter", "v", "backspace")
        assert pilot.app.is_running
