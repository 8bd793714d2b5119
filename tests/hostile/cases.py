"""Hostile runs: the change that makes each one, and part of the error that it causes."""

from tests.hostile import corpus, edits

# Every reader refuses these before it reads any content.
REFUSED = {
    **{f"{name} linked": (corpus.linked(name), f"{name} is a link") for name in corpus.FILES},
    **{f"{name} a pipe": (corpus.piped(name), f"{name} is a pipe") for name in corpus.FILES},
    **{f"{name} a device": (corpus.to_device(name), f"{name} is a link") for name in corpus.FILES},
    "cache linked": (corpus.linked("cache"), "cache is a link"),
    "checkpoints linked": (corpus.linked("checkpoints"), "checkpoints is a link"),
    "config.json of a gigabyte": (corpus.sparse("config.json"), "config.json has 1,073,741,824 bytes"),
    "a number of 400 digits": (corpus.edited("config.json", edits.set_clip), "clip-norm is 999"),
    "a context of gigabytes": (corpus.edited("config.json", edits.set_block), "block-size is 65536. Give it"),
    "a context of squared gigabytes": (corpus.edited("config.json", edits.set_long_block), "takes 536,870,912 scores"),
    "logits of gigabytes": (corpus.edited("config.json", edits.set_logits), "takes 2,200,000,000 logits"),
    "an endless word": (corpus.edited("config.json", edits.set_norm), "--norm is 'xxx"),
    "a number of 4,000 digits": (corpus.edited("config.json", edits.set_vocabulary), "vocab-size is 1000"),
    "a patience of 4,000 digits": (corpus.edited("config.json", edits.set_patience), "patience is 1000"),
    "deep JSON": (corpus.text("config.json", b"[" * 10**6), "config.json is not JSON"),
}
# The vocabulary or the weights are wrong: the table of runs lists the run, and a chat refuses it.
UNUSABLE = {
    "vocab.json of a gigabyte": (corpus.sparse("vocab.json"), "vocab.json has 1,073,741,824 bytes"),
    "a vocabulary of objects": (corpus.text("vocab.json", b"[" + b"{}," * 5_000_000 + b"{}]"), "more characters than"),
    "a vocabulary of brackets": (corpus.text("vocab.json", b"[" + b"[[[[[[]]]]]]," * 900_000 + b"[]]"), "not a list"),
    "half a character": (corpus.text("vocab.json", b'["a", "\\ud800"]'), "vocab.json is not JSON"),
}
WEIGHTS = {
    "best.keras of a gigabyte": (corpus.sparse("best.keras"), "best.keras cannot be used"),
    "weights that are one long text": (corpus.weights(corpus.repeated), "not stored as Keras stores them"),
    "groups in groups": (corpus.weights(corpus.nested), "it has more parts than its model"),
    "a group of many names": (corpus.weights(corpus.named_again), "it has more parts than its model"),
    "weights in one array": (corpus.weights(corpus.merged), "its weights do not fit config.json"),
    "weights with attributes": (corpus.weights(corpus.described), "not stored as Keras stores them"),
    "weights in another file": (corpus.weights(corpus.stored_outside), "not stored as Keras stores them"),
    "weights composed of another file's": (corpus.weights(corpus.virtual), "not stored as Keras stores them"),
    "weights linked to another file's": (corpus.weights(corpus.linked_outside), "not stored as Keras stores them"),
    "weights linked to themselves": (corpus.weights(corpus.linked_to_itself), "not stored as Keras stores them"),
    "a member that is listed twice": (corpus.listed_twice, "it is not what Keras writes"),
    "an archive of a list alone": (corpus.directory_of_gigabytes("best.keras"), "best.keras cannot be used"),
    "weights that were never written": (corpus.weights(corpus.unallocated), "best.keras cannot be used"),
}
# The checkpoints are wrong. Only `--resume` reads them, and it skips each damaged one.
CHECKPOINTS = {
    "a model that is larger than its checkpoints": corpus.edited("config.json", edits.set_width),
    "checkpoints under other names": corpus.moved_checkpoints,
    **{
        f"{write.__name__} arrays": corpus.arrays("20", "40", write=write)
        for write in (
            corpus.deflated,
            corpus.lying,
            corpus.strings,
            corpus.large,
            corpus.cut,
            corpus.deep,
            corpus.united,
        )
    },
    **{
        f"progress {value!r}"[:40]: edits.progress(step=value)
        for value in ("x", None, 250.5, -50, 10**30, True, [1], {"a": 1})
    },
    "endless time": edits.progress(elapsed_s=float("nan")),
    "half a character in a fingerprint": edits.fingerprinted("\ud800"),
    "metadata of a gigabyte": lambda run, outside: [
        corpus.sparse(f"checkpoints/{step}/metadata.json")(run, outside) for step in (20, 40)
    ],
    "archives of a list alone": lambda run, outside: [
        corpus.directory_of_gigabytes(f"checkpoints/{step}/state.npz")(run, outside) for step in (20, 40)
    ],
    "arrays that are pipes": lambda run, outside: [
        corpus.piped(f"checkpoints/{step}/state.npz")(run, outside) for step in (20, 40)
    ],
}
