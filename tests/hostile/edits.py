"""Edits of the configuration, and of the checkpoints' metadata, that make a good run a hostile one."""

import json
from pathlib import Path


def set_block(config):
    config["model"]["block_size"] = 65536


def set_long_block(config):
    config["model"]["block_size"] = 16384


def set_logits(config):
    config["model"] |= {"block_size": 11_000, "vocab_size": 200_000, "num_heads": 1}


def set_heads(config):
    config["model"] |= {"block_size": 256, "num_heads": 64, "embed_dim": 128, "num_layers": 1}


def set_width(config):
    config["model"] |= {"embed_dim": 2048, "num_layers": 4}


def set_clip(config):
    config["training"]["clip_norm"] = int("9" * 400)


def set_preset(config):
    config["preset"] = "x" * 10**6


def set_versions(config):
    config["versions"] = {"a": "\ud800", "b": {"c": [[]]}, "python": 3}


def set_vocabulary(config):
    config["model"]["vocab_size"] = 10**4000


def set_patience(config):
    config["training"]["patience"] = 10**4000


def set_norm(config):
    config["model"]["norm"] = "x" * 900_000


def fingerprinted(value):
    """Set the device in the fingerprint of every checkpoint."""

    def change(run, outside):
        del outside
        for path in Path(run).glob("checkpoints/*/metadata.json"):
            metadata = json.loads(path.read_text())
            metadata["fingerprint"]["device"] = value
            path.write_text(json.dumps(metadata))

    return change


def progress(**values):
    """Set values of the progress in every checkpoint."""

    def change(run, outside):
        del outside
        for path in Path(run).glob("checkpoints/*/metadata.json"):
            metadata = json.loads(path.read_text())
            metadata["progress"] |= values
            path.write_text(json.dumps(metadata))

    return change
