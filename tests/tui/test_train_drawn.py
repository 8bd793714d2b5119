"""Beside the form stands its model; below it Start; and Esc leads back."""

import os

import pytest
from textual.widgets import Input, Select

from tests.tui.conftest import make_run, screen_text, shows, until
from tests.tui.test_train import form, says
from tinygpt_keras.config import PRESETS
from tinygpt_tui.architecture.drawing import draw
from tinygpt_tui.places import RUNS
from tinygpt_tui.screens.text_dialog import TextDialog
from tinygpt_tui.screens.train import TrainScreen
from tinygpt_tui.widgets.architecture_view import ArchitectureView
from tinygpt_tui.widgets.option_group import OptionGroup
from tinygpt_tui.widgets.run_form import RunForm

pytestmark = pytest.mark.slow


def picture(pilot):
    """The drawing."""
    view = pilot.app.screen.query_one(ArchitectureView)
    return view.render().plain, view


async def test_the_model_is_drawn_as_it_is_typed(opened):
    """An invalid form keeps the last one, and says why."""
    async with opened() as pilot:
        screen = await form(pilot)
        await until(pilot, shows(pilot, "4 blocks, each", "32│32│32│32", "804,224 parameters"))
        screen.query_one("#field-num_heads", Input).focus()
        await pilot.press("8")
        await until(pilot, shows(pilot, "8 heads of 16"))
        _, view = picture(pilot)
        await until(pilot, lambda: picture(pilot)[0].count("┬") >= 7)
        before = picture(pilot)[0]
        await pilot.press("1")
        await until(pilot, shows(pilot, "as it was last", "✗ num heads 81 does not divide"))
        assert picture(pilot)[0] == before
        assert "8 heads of 16" in screen_text(pilot.app)
        await pilot.press("backspace")
        await until(pilot, lambda: "as it was last" not in screen_text(pilot.app))
        screen.query_one("#preset", Select).value = "bigram"
        await until(pilot, shows(pilot, "its row", "65 × 65"))
        expected = draw(PRESETS["bigram"].model, *view.content_size)
        assert picture(pilot)[0] == expected.plain


@pytest.mark.parametrize("size", [(40, 12), (80, 24), (120, 40)])
async def test_start_is_in_sight_and_every_field_in_reach(opened, size):
    async with opened(size) as pilot:
        await pilot.press("f2")
        screen = pilot.app.screen
        await until(pilot, lambda: screen.facts)
        start = screen.query_one("#start").region
        assert start.bottom <= size[1] - 1
        assert start.y <= screen.query_one(RunForm).region.bottom + 1, "right below the form"
        seen = []
        while pilot.app.focused not in seen:
            seen.append(pilot.app.focused)
            await pilot.press("tab")
            if (region := pilot.app.focused.region).y:  # not in the navigation bar
                assert 2 <= region.y < size[1] - 1, f"{pilot.app.focused} is not in sight"
                assert region.width
        names = [widget.id for widget in seen]
        assert names[:2] == ["task", "preset"]
        assert names.index("text") < names.index("name") < names.index("field-embed_dim") < names.index("length")
        assert names.index("field-batch_size") < names.index("start")


async def test_a_high_screen_opens_further_settings_itself(opened):
    async with opened((200, 60)) as pilot:
        screen = await form(pilot)
        await until(pilot, shows(pilot, "qk norm", "normalise queries and keys"))
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: all(group.collapsed for group in screen.query(OptionGroup)))
        group = screen.query(OptionGroup).last()
        group.query_one("CollapsibleTitle").focus()
        await pilot.press("enter")
        await until(pilot, shows(pilot, "sample length"))
        await pilot.resize_terminal(120, 41)
        await pilot.pause()
        assert not group.collapsed, "what the user opens stays open"


async def test_esc_leads_back_from_a_field_and_keeps_it(opened, runs_dir):
    make_run(runs_dir, "one")
    async with opened() as pilot:
        await pilot.press("f4", "f2")
        await until(pilot, lambda: isinstance(pilot.app.screen, TrainScreen))
        field = pilot.app.screen.query_one("#field-embed_dim")
        field.focus()
        await pilot.press("9")
        await until(pilot, shows(pilot, "width of the residual stream"))
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen.PLACE is RUNS)
        assert field.value == "9"


@pytest.fixture
def texts(tmp_path):
    """A folder of texts with odd names, and of files that are no texts."""
    folder = tmp_path / "texts"
    folder.mkdir()
    for name in ("[red]a.txt", "b\nc.txt", os.fsdecode(b"\xff.txt")):
        (folder / name).write_text("abcd " * 200)
    os.mkfifo(folder / "pipe.txt")
    (folder / "circle").symlink_to(folder / "circle")
    (folder / "again").symlink_to(tmp_path)
    many = tmp_path / "many"
    many.mkdir()
    for number in range(20_000):
        (many / f"{number:05}.txt").touch()
    return folder


async def chosen(pilot, name):
    """Go down to a line of the tree."""
    tree = pilot.app.screen.query_one("TextTree")
    await until(pilot, lambda: any(str(node.label) == name for node in tree.root.children))
    line = next(node.line for node in tree.root.children if str(node.label) == name)
    await pilot.press(*["down"] * (line - tree.cursor_line))
    return tree


async def test_a_text_is_chosen_from_the_files(opened, texts):
    """Odd names and large folders disturb nothing; a folder can be chosen, too."""
    async with opened() as pilot:
        screen = await form(pilot)
        field = screen.query_one("#text", Input)
        for name, value in (
            ("[red]a.txt", "texts/[red]a.txt"),
            ("b␊c.txt", "texts/b\nc.txt"),
            ("�.txt", "texts/\udcff.txt"),
        ):
            field.value = "texts"
            await pilot.press("ctrl+o")
            await until(pilot, lambda: isinstance(pilot.app.screen, TextDialog))
            tree = await chosen(pilot, name)
            assert {str(node.label) for node in tree.root.children} == {"again", "[red]a.txt", "b␊c.txt", "�.txt"}
            await until(pilot, shows(pilot, "1,000 bytes"))
            await pilot.press("enter")
            await until(pilot, lambda: pilot.app.screen is screen)
            assert field.value == value
            await until(pilot, says(pilot, "1,000 characters, 5 of them distinct"))

        (texts.parent / "gone").mkdir()
        (texts / "link").symlink_to(texts.parent / "gone")
        field.value = "texts"
        await pilot.click("#browse")
        await until(pilot, lambda: isinstance(pilot.app.screen, TextDialog))
        await chosen(pilot, "link")
        (texts.parent / "gone").rmdir()
        await pilot.press("right")
        await until(pilot, shows(pilot, "link cannot be listed: No such file"))
        await pilot.press("backspace")
        tree = await chosen(pilot, "many")
        await pilot.press("right")
        await until(pilot, lambda: tree.cursor_node.children)
        assert str(tree.cursor_node.children[-1].label) == "… and 19,000 more: type the path"
        await pilot.press("left", "t")
        await until(pilot, lambda: field.value == "many")
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(pilot.app.screen, TextDialog))
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen)
        assert field.value == "many"


async def test_files_are_listed_only_for_those_who_train_here(opened, monkeypatch):
    async with opened(may_change=False) as pilot:
        screen = await form(pilot)
        await until(pilot, shows(pilot, "this session may not train"))
        assert screen.query_one("#text").disabled
        assert not screen.query("#browse")
        assert "choose a text" not in screen_text(pilot.app).lower()
        await pilot.press("ctrl+o")
        await pilot.pause()
        assert pilot.app.screen is screen
    monkeypatch.setattr("tinygpt_tui.app.TinyGPTApp.is_web", True)
    async with opened() as pilot:
        screen = await form(pilot)
        assert not screen.query_one("#text").disabled
        assert not screen.query("#browse")
        await pilot.press("ctrl+o")
        await pilot.pause()
        assert pilot.app.screen is screen
