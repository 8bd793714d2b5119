"""Load-test the pretrained model on KServe's server, exported with XLA and without."""

import asyncio
import contextlib
import itertools
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import command
import machine
import processes

from tinygpt_keras.text.corpus import read_corpus

SERVER = Path(__file__).parents[1] / "docs" / "serving" / "kserve_server.py"
CLIENTS = 32
SECONDS = 60.0
SETTLED_S = 10.0  # after this memory must stay flat
SAMPLED_S = 0.5
FLAT = 0.02  # accepted growth of memory
SEED = 1
JSON = {"Content-Type": "application/json"}
KINDS = 256  # different requests that the clients draw from


def body(signature: str, *instances: Any) -> bytes:
    """Return the body of a request."""
    return json.dumps({"signature_name": signature, "instances": instances}).encode()


MALFORMED = body("generate", {"prompt": 1})
ROW = {"prompt": "", "max_new": 1, "temperature": 0.8, "top_k": 0, "top_p": 1.0, "seed": 1}
FIRST = [body("generate", ROW), body("generate", ROW, ROW), body("next_char", ""), body("score", "")]


class Answer(NamedTuple):
    """The answer to a request."""

    question: bytes
    status: int
    """0 if there was no answer."""
    content: bytes
    took_s: float


def questions(text: str, seed: int) -> list[bytes]:
    """Return requests of every kind: mostly single texts, some batches, probabilities and scores, a few malformed.

    Args:
        text: The source of the prompts.
        seed: The seed of the choice.

    Returns:
        The bodies of the requests.
    """
    dice = random.Random(seed)

    def cut(longest: int) -> str:
        start = dice.randrange(len(text) - longest)
        return text[start : start + dice.randint(0, longest)] + dice.choice(["", "", "日本", "é"])

    def row() -> dict[str, Any]:
        knobs = {"temperature": dice.choice([0.0, 0.8, 1.0]), "top_k": dice.choice([0, 10])}
        return {**ROW, **knobs, "prompt": cut(400), "max_new": dice.randint(1, 300), "seed": dice.randrange(2**31)}

    def one() -> bytes:
        kind = dice.random()
        if kind < 0.05:
            return MALFORMED
        if kind < 0.15:
            return body("next_char", cut(400))
        if kind < 0.25:
            return body("score", cut(1000))
        return body("generate", *(row() for _ in range(dice.randint(2, 5) if kind < 0.35 else 1)))

    return [one() for _ in range(KINDS)]


async def client(session: aiohttp.ClientSession, url: str, asked: list[bytes], seed: int, end: float) -> list[Answer]:
    """Send one request after another until the time is over."""
    dice = random.Random(seed)
    answers: list[Answer] = []
    while (start := time.perf_counter()) < end:
        question = dice.choice(asked)
        try:
            async with session.post(url, data=question, headers=JSON) as answer:
                status, content = answer.status, await answer.read()
        except aiohttp.ClientError:
            status, content = 0, b""
        answers.append(Answer(question, status, content, time.perf_counter() - start))
    return answers


async def watch_memory(pid: int, end: float) -> list[tuple[float, float]]:
    """Sample the server's resident memory: times and megabytes."""
    samples: list[tuple[float, float]] = []
    while time.perf_counter() < end:
        samples.append((time.perf_counter(), machine.memory(pid)["resident"]))
        await asyncio.sleep(SAMPLED_S)
    return samples


async def load(url: str, pid: int, clients: int, seconds: float) -> dict[str, Any]:
    """Run the clients and summarise their answers.

    Args:
        url: The model's `:predict` address.
        pid: The server's process id.
        clients: The number of concurrent clients.
        seconds: The duration, which begins after one request per signature has triggered tracing and compiling.

    Returns:
        The numbers.
    """
    asked = questions(read_corpus().text, SEED)
    patient = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=patient) as session:
        start = time.perf_counter()
        for question in FIRST:
            async with session.post(url, data=question, headers=JSON) as answer:
                answer.raise_for_status()
        begun, begun_cpu_s = time.perf_counter(), machine.cpu_s(pid)
        end = begun + seconds
        watching = asyncio.create_task(watch_memory(pid, end))
        each = await asyncio.gather(*(client(session, url, asked, number, end) for number in range(clients)))
        took_s, used_s = time.perf_counter() - begun, machine.cpu_s(pid) - begun_cpu_s
    memory = [(at - begun, mb) for at, mb in await watching]
    answers = list(itertools.chain(*each))
    about = {"first_answers_s": begun - start, "cores_used": used_s / took_s}
    return {**about, **summary(answers, took_s), **growth(memory)}


def summary(answers: list[Answer], took_s: float) -> dict[str, Any]:
    """Count and time the answers; equal well-formed requests must get equal answers."""
    right = [answer for answer in answers if answer.question != MALFORMED]
    first = {answer.question: answer.content for answer in reversed(right) if answer.status == 200}
    latencies = statistics.quantiles([answer.took_s * 1000 for answer in right], n=100, method="inclusive")
    return {
        "requests": len(right),
        "failed": sum(answer.status != 200 for answer in right),
        "answered_differently": sum(
            answer.status == 200 and answer.content != first[answer.question] for answer in right
        ),
        "malformed": len(answers) - len(right),
        "malformed_not_refused": sum(answer.status != 400 for answer in answers if answer.question == MALFORMED),
        "requests_per_s": len(right) / took_s,
        "p50_ms": latencies[49],
        "p95_ms": latencies[94],
        "p99_ms": latencies[98],
        "longest_ms": max(answer.took_s for answer in right) * 1000,
    }


def growth(samples: list[tuple[float, float]]) -> dict[str, Any]:
    """Return the growth of memory after the first seconds: the peak of the second half over that of the first."""
    settled = [mb for at, mb in samples if at >= SETTLED_S]
    middle = len(settled) // 2
    earlier, later = max(settled[:middle]), max(settled[middle:])
    return {
        "settled_mb": settled[0],
        "most_mb": max(settled),
        "end_mb": settled[-1],
        "grew": later / earlier - 1,
        "memory_mb": [[at, mb] for at, mb in samples],
    }


@contextlib.contextmanager
def served(python: Path, folder: Path, jit_compile: str) -> Generator[tuple[str, int], None, None]:
    """Export the pretrained model and serve it until the block ends; yield the address and the process id."""
    variables = {**processes.environment(folder / "caches"), "KSERVE_LOGLEVEL": "CRITICAL"}
    exporting = [sys.executable, "-m", "tinygpt_keras.export", "--out", jit_compile, "--jit-compile", jit_compile]
    processes.run(exporting, folder, variables)
    serving = [str(python), str(SERVER), f"{jit_compile}/1", "--model_name", "tinygpt", "--http_port", "0"]
    with processes.started([*serving, "--configure_logging", "false"], folder, variables) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        if not url:
            raise processes.failure(serving, folder)
        yield url, process.pid


def versions(python: Path) -> dict[str, str]:
    """Return the package versions of the server's Python."""
    asking = (
        "import importlib.metadata as m, json; print(json.dumps({n: m.version(n) for n in ('kserve', 'tensorflow')}))"
    )
    return json.loads(subprocess.run([python, "-c", asking], capture_output=True, text=True, check=True).stdout)


def main(argv: list[str] | None = None) -> int:
    """Measure, print a table and write the numbers.

    Args:
        argv: The command's arguments; `sys.argv` if not given.

    Returns:
        The exit status; a missed mark is not an error.
    """
    parser = command.make_parser(__doc__, peer=False)
    parser.add_argument("--python", type=Path, required=True, metavar="FILE", help="a Python that has KServe")
    parser.add_argument("--clients", type=int, default=CLIENTS, metavar="N", help=f"how many (default {CLIENTS})")
    parser.add_argument("--seconds", type=float, default=SECONDS, metavar="S", help=f"how long (default {SECONDS:g})")
    flags = parser.parse_args(argv)
    command.end_cleanly()
    python = flags.python.absolute()  # not resolved: in a virtual environment it is a link
    results: dict[str, Any] = {"machine": machine.describe(), "server": versions(python), "seed": SEED}
    results |= {"clients": flags.clients, "seconds": flags.seconds}
    for jit_compile in ("on", "off"):
        with (
            tempfile.TemporaryDirectory(prefix="tinygpt-benchmark-") as folder,
            served(python, Path(folder), jit_compile) as (url, pid),
        ):
            busy = machine.load()
            found = asyncio.run(load(url, pid, flags.clients, flags.seconds))
        results[f"jit_compile_{jit_compile}"] = {"load_before": busy, **found}
        print("\n".join(table(f"XLA {jit_compile}", found)), flush=True)
    command.write(flags.json, results)
    return 0


def table(title: str, found: dict[str, Any]) -> list[str]:
    """Return the measurements as lines."""
    flat = "met" if found["grew"] <= FLAT else "MISSED"
    none = (
        "met" if not (found["failed"] or found["answered_differently"] or found["malformed_not_refused"]) else "MISSED"
    )
    return [
        f"{title}: {found['requests']} requests, {found['failed']} failed, "
        f"{found['answered_differently']} answered differently, mark 0: {none}",
        f"{title}: {found['requests_per_s']:.1f} requests/s, p50 {found['p50_ms']:.0f}, p95 {found['p95_ms']:.0f}, "
        f"p99 {found['p99_ms']:.0f}, longest {found['longest_ms']:.0f} ms, first {found['first_answers_s']:.1f} s",
        f"{title}: {found['settled_mb']:.0f} MB after {SETTLED_S:g} s, {found['most_mb']:.0f} MB at most, "
        f"grew by {found['grew']:.1%}, mark at most {FLAT:.0%}: {flat}",
    ]


if __name__ == "__main__":
    sys.exit(main())
