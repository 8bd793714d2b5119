"""KServe's server in an environment of its own, and how it is asked."""

import contextlib
import json
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-serving" / "bin" / "python"
JSON, FORM = "application/json", "application/x-www-form-urlencoded"  # the second is curl's
PATIENCE_S = 240  # a guard against hanging


class Server(NamedTuple):
    """A server that runs."""

    url: str
    """Of the model's `:predict`."""
    log: Path
    """What it prints to standard error, every module that it imports among it."""

    def post(self, body: bytes, content_type: str = JSON, url: str | None = None) -> tuple[int, Any]:
        """Send a request, and return the status and the decoded answer."""
        request = urllib.request.Request(url or self.url, body, {"Content-Type": content_type})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=PATIENCE_S) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, json.load(refused)

    def ask(self, **request: Any) -> Any:
        """Send a request that is well-formed, and return its `predictions` or `outputs`."""
        status, answer = self.post(json.dumps(request).encode())
        assert status == 200, answer
        (values,) = answer.values()
        return values


@contextlib.contextmanager
def kserve(folder: Path, log: Path) -> Iterator[Server]:
    """Serve a SavedModel on a free port of this machine, until the block ends."""
    if not PYTHON.exists():
        pytest.fail("KServe's environment is missing: make serving-check")
    command = [PYTHON, "-X", "importtime", ROOT / "docs/serving/kserve_server.py", folder]
    flags = ["--model_name", "tinygpt", "--http_port", "0"]
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [*map(str, command), *flags], cwd=log.parent, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            assert url.endswith("/v1/models/tinygpt:predict"), log.read_text()[-3000:]
            yield Server(url, log)
            assert process.poll() is None, "the server has ended by itself"
        finally:
            process.terminate()
            try:
                process.communicate(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
