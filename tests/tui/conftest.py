"""What the tests of the terminal UI share: a folder of recorded runs, and the application with scripted processes."""

import asyncio
import contextlib
import dataclasses
import functools
import json
import shutil
import sys
import time
import uuid
from pathlib import Path

import pytest
from textual._compositor import Compositor
from textual._context import visible_screen_stack
from textual._styles_cache import StylesCache
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

from tests.tui.tmux import Terminal
from tinygpt_keras.runs.directory import RunDirectory, pretrained_run
from tinygpt_tui.app import TinyGPTApp
from tinygpt_tui.supervision import Supervisor
from tinygpt_tui.training.trainer import start_run

TESTS = Path(__file__).parents[1]
RECORDING = TESTS / "recordings" / "tiny-events.jsonl"
WORKER = [sys.executable, "-S", str(TESTS / "scripted_worker.py")]
TRAINER = [sys.executable, str(TESTS / "scripted_trainer.py")]
DEADLINE_S = 20.0
PARSE_RULES = Stylesheet._parse_rules
RENDER_UPDATE = Compositor.render_update


@functools.cache
def parsed(css, read_from, is_default_rules, tie_breaker, scope, variables):
    """Parse a style sheet once: every application of the tests has the same ones."""
    empty = Stylesheet(variables=dict(variables))
    return PARSE_RULES(empty, css, read_from, is_default_rules, tie_breaker, scope)


def parse_rules(self, css, read_from, is_default_rules=False, tie_breaker=0, scope=""):
    """Stand in for Textual's method, which keeps what it parsed only for one application and one theme."""
    return parsed(css, read_from, is_default_rules, tie_breaker, scope, tuple(self._variables.items()))


@pytest.fixture(scope="session", autouse=True)
def parsed_once():
    """Share the rules of style sheets among all applications."""
    Stylesheet._parse_rules = parse_rules
    yield
    Stylesheet._parse_rules = PARSE_RULES


@pytest.fixture(scope="session", autouse=True)
def hashed_in_c():
    """Hash rules as any object is: for every widget Textual looks up hundreds, by a method in Python that says `id`."""
    hash_in_python = RuleSet.__hash__
    RuleSet.__hash__ = object.__hash__
    yield
    RuleSet.__hash__ = hash_in_python


def render_update(self, full=False, screen_stack=None, simplify=False):
    """Stand in for Textual's method, whose result a headless application throws away, but for a picture."""
    if full:
        return RENDER_UPDATE(self, full, screen_stack, simplify)
    visible_screen_stack.set(screen_stack or [])
    self._dirty_regions.clear()
    return None


@pytest.fixture(scope="session", autouse=True)
def unpainted():
    """Do not paint screens that nobody sees, which took half of the time; `screen_text` renders those looked at."""
    Compositor.render_update = render_update
    yield
    Compositor.render_update = RENDER_UPDATE


@pytest.fixture(autouse=True)
def forgotten():
    """Forget what earlier applications painted, which slows each search for garbage down.

    Textual keeps it in a cache of a method, and so with each of a thousand widgets.
    """
    yield
    StylesCache.get_inner_outer.cache_clear()


def make_run(runs_dir, name, events=None, weights=True):
    """A run as training leaves it: recorded events, and something in the place of weights."""
    path = runs_dir / name
    path.mkdir(parents=True)
    for file in ("config.json", "vocab.json"):
        shutil.copy(pretrained_run().path / file, path)
    lines = RECORDING.read_text("utf-8") if events is None else "".join(json.dumps(event) + "\n" for event in events)
    (path / "events.jsonl").write_text(lines, "utf-8")
    if weights:
        (path / "best.keras").write_bytes(b"in its place")
    return path


def make_replying_run(runs_dir, name="dates", task="dates", prompt="\n", **changes):
    """A run of a task, whose model replies."""
    path = make_run(runs_dir, name)
    config = RunDirectory(path).config()
    model = dataclasses.replace(config.model, architecture="transformer", **changes)
    training = dataclasses.replace(config.training, sample_prompt=prompt)
    (path / "config.json").write_text(dataclasses.replace(config, model=model, training=training, task=task).to_json())
    return path


def make_checkpoint(path, step):
    """A checkpoint of a run, with something in the place of its contents."""
    folder = path / "checkpoints" / str(step)
    folder.mkdir(parents=True)
    for file in ("metadata.json", "state.npz"):
        (folder / file).touch()


def recorded():
    """The recorded events of a run of the default preset."""
    return [json.loads(line) for line in RECORDING.read_text("utf-8").splitlines()]


async def until(pilot, condition):
    """Wait until something holds; a condition that fails for now, because a widget is not there yet, does not."""
    end = time.monotonic() + DEADLINE_S
    while (begun := time.monotonic()) < end:
        with contextlib.suppress(Exception):
            if result := condition():
                return result
        await asyncio.sleep(max(0.03, 4 * (time.monotonic() - begun)))  # drawing the screen to look at it takes time
    print(screen_text(pilot.app))
    return condition() or pytest.fail("it never came to hold; the screen is above")


def screen_text(app):
    """What the screen shows, line by line, as a terminal would have it."""
    return "\n".join("".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips())


def shows(pilot, *texts):
    """Say whether the screen shows some texts."""
    return lambda: all(text in screen_text(pilot.app) for text in texts)


@pytest.fixture
def runs_dir(tmp_path, monkeypatch):
    """An empty folder of runs, in an empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path / "runs"


@pytest.fixture
def three(runs_dir):
    """A finished run, an interrupted one without weights, and one whose configuration is broken."""
    make_run(runs_dir, "a-finished")
    make_run(runs_dir, "b-interrupted", recorded()[:30], weights=False)
    (make_run(runs_dir, "c-damaged") / "config.json").write_text("{")
    return runs_dir


@pytest.fixture
def opened(runs_dir):
    """Open the application at a size; gives the pilot, and checks at the end that no process is left."""

    @contextlib.asynccontextmanager
    async def open_app(size=(120, 40), wait_for_worker=False, **options):
        app = TinyGPTApp(runs_dir, **{"worker": WORKER, "trainer": TRAINER, **options})
        async with app.run_test(size=size, notifications=True) as pilot:
            if wait_for_worker:
                await until(pilot, lambda: app.worker.is_ready)
            yield pilot
        client = app.worker._client
        assert client is None or client._process is None or client._process.returncode is not None
        assert not app.return_code

    return open_app


@pytest.fixture
def asked(monkeypatch):
    """Every request to the worker, in order."""
    noted, send = [], Supervisor.request

    async def note(self, request):
        noted.append(request)
        return await send(self, request)

    monkeypatch.setattr(Supervisor, "request", note)
    return noted


@pytest.fixture
def ready(opened, runs_dir):
    """Open the chat with a model that is read."""

    @contextlib.asynccontextmanager
    async def open_chat(*arguments, **options):
        if not runs_dir.exists():
            make_run(runs_dir, "one")
        async with opened(*arguments, **options) as pilot:
            await pilot.press("f3")
            await until(pilot, lambda: pilot.app.screen.columns[0].tokenizer)
            yield pilot

    return open_chat


@pytest.fixture
def looking(opened, runs_dir):
    """Open Look on a run with a text."""
    from tests.tui import looks

    @contextlib.asynccontextmanager
    async def open_look(*arguments, text=looks.TEXT, **options):
        if not runs_dir.exists():
            make_run(runs_dir, "one")
        async with opened(*arguments, **options) as pilot:
            await pilot.press("f8")
            await looks.known(pilot)
            if text:
                await looks.type_text(pilot, text)
            yield pilot

    return open_look


@pytest.fixture
def started(tmp_path, monkeypatch):
    """Start a scripted run in `tmp_path/runs`; whatever is left of it is stopped afterwards."""
    trainings = []

    def start(name="one", flags=(), evaluations=1_000_000, pause_s=0.002):
        monkeypatch.setenv("SCRIPTED_EVALUATIONS", str(evaluations))
        monkeypatch.setenv("SCRIPTED_PAUSE_S", str(pause_s))
        trainings.append(start_run(tmp_path / "runs", name, flags, TRAINER))
        return trainings[-1]

    start.also = trainings.append
    yield start
    for training in trainings:
        if training.status is None:
            training._process.kill()
            training._process.wait()


@pytest.fixture
def terminal(tmp_path):
    """A terminal, closed afterwards."""
    terminal = Terminal(tmp_path, f"marker-{uuid.uuid4().hex}")
    yield terminal
    terminal.close()
