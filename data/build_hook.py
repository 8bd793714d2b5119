"""hatchling build hook that writes the corpus into the package."""

import hashlib
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CORPUS = Path("tinygpt_keras", "embedded", "tiny_shakespeare.txt")


class CorpusBuildHook(BuildHookInterface):
    """Rebuilds tiny Shakespeare unless the package already has it with the right sha256."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 hatchling's signature
        """Write the corpus before hatchling collects the files of the wheel or sdist.

        Args:
            version: The kind of build; the corpus is the same for all.
            build_data: hatchling's description of the build.
        """
        sys.path.insert(0, str(Path(self.root, "data")))
        import rebuild

        target = Path(self.root) / CORPUS
        if target.is_file() and hashlib.sha256(target.read_bytes()).hexdigest() == rebuild.SHA256:
            return
        try:
            corpus = rebuild.rebuild()
        except rebuild.RebuildError as error:
            raise SystemExit(f"error: {error}") from None
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary = target.with_suffix(".tmp")
            temporary.write_bytes(corpus)
            temporary.replace(target)
        except OSError as error:
            raise SystemExit(f"error: {error}. Build from a writable copy of the sources.") from None
