"""The parent's side of the worker process, where what the worker says is no answer."""

import asyncio

import pytest

from tests.worker.started import TEXT, program, started
from tinygpt_keras.config import SamplingOptions
from tinygpt_keras.errors import TinyGPTError
from tinygpt_keras.worker.protocol import Export, Exported, Final, Open, Piece, Write


@pytest.mark.asyncio
async def test_lines_that_are_no_answers_are_passed_over(run):
    async with started() as client:
        request = client.request(Write(run=run, prompt="#garbage", options=SamplingOptions(seed=1)))
        pieces = [answer.text async for answer in request if isinstance(answer, Piece)]
        assert "".join(pieces) == TEXT.format(1)


@pytest.mark.asyncio
async def test_nobody_waits_for_an_answer_that_is_too_long(monkeypatch):
    """Whose it is cannot be read, so every open request fails, and later ones do not."""
    monkeypatch.setattr("tinygpt_keras.worker.protocol.LONGEST_ANSWER", 2**10)
    two, three = "input(); input()", "input(); input(); input()"  # requests, then their cancels and another request
    answer = """print('{"id": 5, "event": "exported", "path": "a"}', flush=True); input()"""
    async with started(*program(f"{two}; print('x' * 10**6, flush=True); {three}; {answer}")) as client:
        for open_one in [client.request(Open(run="a")), client.request(Write(run="b"))]:
            with pytest.raises(TinyGPTError, match=r"answer has more than 1,024 bytes\. Ask for less"):
                await asyncio.wait_for(open_one.result(Final), 5)
        assert (await asyncio.wait_for(client.request(Export(run="a", out="a")).result(Exported), 5)).path == "a"


@pytest.mark.asyncio
async def test_a_line_without_end_is_passed_over(monkeypatch):
    monkeypatch.setattr("tinygpt_keras.worker.protocol.LONGEST_ANSWER", 2**10)
    endless = "print('x' * 10**6); print('{\"event\": \"ready\"}', flush=True); input()"
    async with started(*program(endless)) as client:
        await asyncio.wait_for(client.wait_ready(), 5)
        assert client.is_ready
