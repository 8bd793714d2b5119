"""The parent's side of the worker process, against a worker that follows a script."""

import asyncio
import gc
import os
import signal
import tempfile
from pathlib import Path

import pytest

from tests.worker.started import SCRIPTED, TEXT, program, started
from tinygpt_keras.config import SamplingOptions
from tinygpt_keras.errors import TinyGPTError
from tinygpt_keras.worker.client import LOG_LINES, Client, WorkerStopped
from tinygpt_keras.worker.protocol import Export, Exported, Final, Open, Opened, Piece, Progress, Write, Written


def exists(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.asyncio
async def test_early_requests_are_answered_once_ready(run, monkeypatch):
    monkeypatch.setenv("SCRIPTED_START_S", "0.05")
    async with started() as client:
        assert client.is_running
        assert not client.is_ready
        opened = client.request(Open(run=run, step=None))
        await client.wait_ready()
        assert client.is_ready
        answer = await opened.result(Opened)
        assert answer.characters == "\n !ab"
        assert answer.block_size == 8
        assert await opened.result(Opened) == answer
        with pytest.raises(TinyGPTError, match="answered Opened, not Written"):
            await opened.result(Written)


@pytest.mark.asyncio
async def test_a_text_comes_in_pieces(run):
    async with started() as client:
        request = client.request(Write(run=run, prompt="a?é?", options=SamplingOptions(seed=7), stops=["\n\n"]))
        answers = [answer async for answer in request]
        assert "".join(answer.text for answer in answers[:-1]) == TEXT.format(7)[:-2]
        assert len(answers) > 5
        assert answers[-1] == Written(id=request.id, seed=7, dropped="?é", cancelled=False)
        assert [answer async for answer in request] == []
        request.cancel()


@pytest.mark.asyncio
async def test_two_texts_come_at_the_same_time(run):
    async with started() as client:
        order, texts = [], {}

        async def read(seed):
            async for answer in client.request(
                Write(run=run, prompt="", options=SamplingOptions(seed=seed, max_new=30))
            ):
                order.append(seed)
                texts[seed] = texts.get(seed, "") + getattr(answer, "text", "")

        await asyncio.gather(read(1), read(2))
        assert texts == {seed: TEXT.format(seed)[:30] for seed in (1, 2)}
        assert 2 in order[: order.index(1) + 3]
        assert 1 in order[: order.index(2) + 3]


@pytest.mark.asyncio
async def test_an_export_tells_how_far_it_is(run, tmp_path):
    async with started() as client:
        events = [answer async for answer in client.request(Export(run=run, out=str(tmp_path / "out")))]
        assert [type(event) for event in events] == [Progress] * 3 + [Exported]
        assert Path(events[-1].path, "saved_model.pb").is_file()


@pytest.mark.asyncio
async def test_cancel_ends_a_text_early_and_can_be_repeated(run):
    async with started() as client:
        request = client.request(Write(run=run, prompt="#slow"))
        assert isinstance(await anext(request), Piece)
        request.cancel()
        request.cancel()
        assert (await request.result(Written)).cancelled
        request.cancel()
        assert (await client.request(Open(run=run)).result(Opened)).run == run


@pytest.mark.asyncio
async def test_an_error_ends_one_request_and_no_other(run):
    async with started() as client:
        other = client.request(Write(run=run, prompt="", options=SamplingOptions(seed=3)))
        with pytest.raises(TinyGPTError, match="Write something else"):
            await client.request(Write(run=run, prompt="#error")).result(Final)
        failed = client.request(Open(run=run + "/nowhere"))
        with pytest.raises(TinyGPTError, match="there is no run directory"):
            await anext(failed)
        with pytest.raises(TinyGPTError, match="there is no run directory"):
            await failed.result(Final)
        assert (await other.result(Written)).seed == 3


@pytest.mark.asyncio
async def test_a_dying_worker_fails_every_request(run):
    """Each error carries the worker's last log lines."""
    async with started() as client:
        waiting = client.request(Write(run=run, prompt="#slow"))
        dying = client.request(Write(run=run, prompt="#die"))
        for request in (dying, waiting):
            with pytest.raises(WorkerStopped, match="ended with status 3") as caught:
                await request.result(Final)
            assert "MemoryError: the script says so" in caught.value.log
            request.cancel()
        assert str(await client.wait_stopped()) == str(caught.value)
        assert not client.is_running
        assert not client.is_ready
        with pytest.raises(WorkerStopped, match="status 3"):
            client.request(Open(run=run))


@pytest.mark.asyncio
async def test_a_worker_that_is_killed_while_idle_is_missed():
    async with started() as client:
        await client.wait_ready()
        assert client._process
        os.kill(client._process.pid, signal.SIGKILL)
        stopped = await asyncio.wait_for(client.wait_stopped(), 5)
        assert "ended by signal 9" in str(stopped)
        assert stopped.log == ""


@pytest.mark.asyncio
async def test_dying_before_it_is_ready():
    lines = f"print(*range(100), sep='\\n', file=sys.stderr); print({'é'!r}, file=sys.stderr)"
    async with started(*program(f"import sys; {lines}; sys.exit(1)")) as client:
        with pytest.raises(WorkerStopped, match="status 1") as caught:
            await client.wait_ready()
        assert len(caught.value.log.splitlines()) == LOG_LINES
        assert "98\n99\n" in caught.value.log


@pytest.mark.asyncio
@pytest.mark.parametrize("pauses", range(4))
@pytest.mark.parametrize("command", [SCRIPTED, program("import time; time.sleep(600)"), ["/no/such/program"]])
async def test_who_quits_while_a_worker_starts_leaves_nothing(pauses, command, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    client = Client(command)
    start = asyncio.create_task(client.start())
    for _ in range(pauses):
        await asyncio.sleep(0)
    start.cancel()
    await asyncio.wait({start})
    closing = asyncio.create_task(client.close())
    await asyncio.sleep(0)
    closing.cancel()  # the impatient one gives up, and the start ends what it has started
    await asyncio.wait({closing})
    await client.close()
    del start, closing
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert client._process is None or not exists(client._process.pid)
    assert list(tmp_path.iterdir()) == []
    gc.collect()
    assert caplog.records == []  # nothing says that an exception was never retrieved


@pytest.mark.asyncio
async def test_no_process_and_no_log_is_left(run, tmp_path, monkeypatch):
    logs = tmp_path / "logs"
    logs.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(logs))
    async with started() as client:
        request = client.request(Write(run=run, prompt="#slow"))
        assert isinstance(await anext(request), Piece)
        assert client._process
        process = client._process.pid
        watcher = asyncio.create_task(client.wait_stopped())
        await asyncio.sleep(0)
        assert exists(process)
        await asyncio.gather(client.close(), client.close())
        assert not exists(process)
        with pytest.raises(WorkerStopped, match="was closed"):
            await request.result(Final)
        with pytest.raises(WorkerStopped, match="was closed"):
            client.request(Open(run=run))
        with pytest.raises(asyncio.CancelledError):
            await watcher
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert list(logs.iterdir()) == []


@pytest.mark.asyncio
async def test_a_worker_that_will_not_end_is_killed():
    stubborn = 'import time; print(\'{"event": "ready"}\', flush=True); time.sleep(600)'
    async with started(*program(stubborn)) as client:
        await client.wait_ready()
        assert client._process
        process = client._process.pid
        await client.close(patience_s=0.01)
        assert not exists(process)


@pytest.mark.asyncio
async def test_a_worker_that_closes_its_output_is_given_up(monkeypatch):
    monkeypatch.setattr("tinygpt_keras.worker.client.FAREWELL_S", 0.05)
    deaf = "import os, time; os.close(1); time.sleep(600)"
    async with started(*program(deaf)) as client:
        with pytest.raises(WorkerStopped, match="by signal 9"):
            await client.wait_ready()


@pytest.mark.asyncio
async def test_a_client_that_was_never_started():
    client = Client()
    assert not client.is_running
    with pytest.raises(WorkerStopped, match="Start it first"):
        client.request(Open(run="x"))
    await client.close()


@pytest.mark.asyncio
async def test_a_command_that_is_not_there():
    client = Client(["/no/such/program"])
    with pytest.raises(WorkerStopped, match="/no/such/program could not be started: No such file"):
        await client.start()
    assert not client.is_running
    with pytest.raises(WorkerStopped, match="could not be started"):
        await client.wait_ready()
    with pytest.raises(WorkerStopped, match="could not be started"):
        client.request(Open(run="x"))
    assert "could not be started" in str(await client.wait_stopped())
    await client.close()


@pytest.mark.asyncio
async def test_a_prompt_of_a_megabyte_blocks_nothing(run):
    async with started() as client:
        prompts = ["a" * 2**20, "\ud800é" * 2**18]
        requests = [
            client.request(Write(run=run, prompt=prompt, options=SamplingOptions(seed=1))) for prompt in prompts
        ]
        answers = [await asyncio.wait_for(request.result(Written), 10) for request in requests]
        assert [answer.dropped for answer in answers] == ["", "\ud800é"]
