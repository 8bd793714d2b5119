"""Changes that turn a good run into a hostile one."""

import io
import json
import os
import struct
import warnings
import zipfile

import h5py
import numpy as np

FILES = ["config.json", "vocab.json", "corpus.txt", "events.jsonl", "train.log", "best.keras", ".trainer", ".lock"]
GIGABYTE = 2**30


def linked(name):
    """Move a part of the run outside, and leave a link to it."""

    def change(run, outside):
        target = outside / name
        if (run / name).exists():
            (run / name).rename(target)
        else:
            target.write_text("12")
        (run / name).symlink_to(target)

    return change


def piped(name):
    """Replace a file by a pipe without a writer."""

    def change(run, outside):
        del outside
        (run / name).unlink(missing_ok=True)
        os.mkfifo(run / name)

    return change


def to_device(name):
    """Replace a file by a link to an endless device."""

    def change(run, outside):
        del outside
        (run / name).unlink(missing_ok=True)
        (run / name).symlink_to("/dev/zero")

    return change


def sparse(name, size=GIGABYTE):
    """Make a file sparse: a size of gigabytes, no blocks on disk."""

    def change(run, outside):
        del outside
        os.truncate(run / name, size)

    return change


def edited(name, edit):
    """Edit the content of a JSON file."""

    def change(run, outside):
        del outside
        content = json.loads((run / name).read_text("utf-8"))
        (run / name).write_text(json.dumps(edit(content) or content), "utf-8")

    return change


def text(name, content):
    """Replace the content of a file."""

    def change(run, outside):
        del outside
        (run / name).write_bytes(content)

    return change


def weights(alter):
    """Change the HDF5 file in `best.keras`."""

    def change(run, outside):
        del outside
        path = run / "best.keras"
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        file = io.BytesIO(members["model.weights.h5"])
        with h5py.File(file, "r+") as opened:
            alter(opened)
        members["model.weights.h5"] = file.getvalue()
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, content)

    return change


def unallocated(file):
    """Declare an array of a billion numbers without storing any."""
    file.create_dataset(first_dataset(file)[0], (10**9,), np.float32)


def merged(file):
    """Store all weights in one array of the same size."""
    sizes = []
    file.visititems(lambda _, item: sizes.append(item.size) if isinstance(item, h5py.Dataset) else None)
    for name in list(file):
        del file[name]
    file.create_dataset("all", (sum(sizes),), np.float32, np.zeros(sum(sizes)))


def repeated(file):
    """Store an array of variable-length elements."""
    file.create_dataset(*first_dataset(file), h5py.vlen_dtype(np.uint8))


def described(file):
    """Store an attribute that is larger than its array."""
    names = []
    file.visit(lambda name: names.append(name) if isinstance(file[name], h5py.Dataset) else None)
    file[names[0]].attrs["dtype"] = "x" * 1000


def first_dataset(file):
    """Return the name of an array and its shape, and remove it."""
    names = []
    file.visit(lambda name: names.append(name) if isinstance(file[name], h5py.Dataset) else None)
    shape = file[names[0]].shape
    del file[names[0]]
    return names[0], shape


def stored_outside(file):
    """Store an array in another file, by its absolute path."""
    name, shape = first_dataset(file)
    file.create_dataset(name, shape, np.float32, external=[("/etc/passwd", 0, h5py.h5f.UNLIMITED)])


def virtual(file):
    """Compose an array of those of another file."""
    name, shape = first_dataset(file)
    layout = h5py.VirtualLayout(shape, np.float32)
    layout[...] = h5py.VirtualSource("/etc/passwd", "a", shape)
    file.create_virtual_dataset(name, layout)


def linked_outside(file):
    """Link to an array of another file."""
    file[first_dataset(file)[0]] = h5py.ExternalLink("/etc/passwd", "a")


def linked_to_itself(file):
    """Link a name to itself."""
    name, _ = first_dataset(file)
    file[name] = h5py.SoftLink(f"/{name}")


def scaled(file):
    """Make every weight so large that products of three are infinite."""

    def enlarge(_, item):
        if isinstance(item, h5py.Dataset):
            item[...] *= 1e15

    file.visititems(enlarge)


def listed_twice(run, outside):
    """Name one member of the archive twice."""
    del outside
    with zipfile.ZipFile(run / "best.keras", "a") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a duplicate name
        archive.writestr("metadata.json", "{}")


def nested(file):
    """Nest two thousand groups, in no more bytes than a small array takes."""
    group = file
    for _ in range(2000):
        group = group.create_group("a")


def named_again(file):
    """Link one group under two thousand long names."""
    group = file.create_group("a")
    for number in range(2000):
        file[f"{number}{'x' * 100}"] = group


def sparse_corpus(run, outside):
    """Make the text a hole of a gigabyte, and declare that size in the configuration."""
    del outside
    os.truncate(run / "corpus.txt", 0)
    os.truncate(run / "corpus.txt", GIGABYTE)
    config = json.loads((run / "config.json").read_text())
    config["corpus"] = {"name": "mine.txt", "sha256": "0" * 64, "characters": GIGABYTE}
    (run / "config.json").write_text(json.dumps(config))


def directory_of_gigabytes(name):
    """Declare a central directory of a gigabyte in a file that is otherwise a hole."""

    def change(run, outside):
        del outside
        os.truncate(run / name, 0)
        with (run / name).open("r+b") as file:
            file.seek(GIGABYTE - 22)
            file.write(b"PK\5\6" + struct.pack("<4H2IH", 0, 0, 65535, 65535, GIGABYTE - 22, 0, 0))

    return change


def arrays(*names, write):
    """Rewrite the arrays of some checkpoints."""

    def change(run, outside):
        del outside
        for step in names:
            path = run / "checkpoints" / step / "state.npz"
            with np.load(path) as state:
                kept = dict(state)
            write(path, kept)

    return change


def deflated(path, kept):
    """Compress hundreds of megabytes of zeros."""
    first = next(iter(kept))
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open(f"{first}.npy", "w", force_zip64=True) as member,
    ):
        np.lib.format.write_array_header_1_0(member, {"shape": (10**8,), "fortran_order": False, "descr": "<f4"})
        for _ in range(100):
            member.write(bytes(4 * 10**6))


def lying(path, kept):
    """Declare a billion numbers in a header without data."""
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"shape": (10**9,), "fortran_order": False, "descr": "<f4"})
    with zipfile.ZipFile(path, "w") as archive:
        for name in kept:
            archive.writestr(f"{name}.npy", buffer.getvalue())


def strings(path, kept):
    """Store strings instead of numbers."""
    np.savez(path, **{name: np.full(array.shape, "x") for name, array in kept.items()})


def large(path, kept):
    """Store complete, uncompressed arrays with far more numbers than the model has."""
    np.savez(path, **kept, more=np.zeros(5 * 10**7, np.int8))


def deep(path, kept):
    """Nest a header so deeply that Python's parser raises a `MemoryError`, not a `SyntaxError`."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in kept.items():
            header = b"-" * 9000 + b"1\n"
            start = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header
            archive.writestr(f"{name}.npy", start + array.tobytes())


def united(path, kept):
    """Store all numbers in one array."""
    np.savez(path, **{next(iter(kept)): np.concatenate([array.ravel() for array in kept.values()])})


def cut(path, kept):
    """Truncate the file."""
    del kept
    path.write_bytes(path.read_bytes()[:-100])


def moved_checkpoints(run, outside):
    """Rename the checkpoints: 20 holds what the others had at 40."""
    del outside
    (run / "checkpoints/40").rename(run / "checkpoints/41")
    (run / "checkpoints/20").rename(run / "checkpoints/40")
    (run / "checkpoints/41").rename(run / "checkpoints/20")
