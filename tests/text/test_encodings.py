"""The message for a text that is not UTF-8 names its encoding and a conversion that was tried."""

import gzip
import io
import os
import random
import shlex
import shutil
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from tinygpt_keras import train
from tinygpt_keras.errors import InputError
from tinygpt_keras.text.corpus import read_corpus
from tinygpt_keras.text.encoding_guess import ICONV_NAMES, SAMPLE

RUSSIAN = """Все счастливые семьи похожи друг на друга, каждая несчастливая семья несчастлива по-своему.
Всё смешалось в доме Облонских. Жена узнала, что муж был в связи с бывшею в их доме француженкою-гувернанткой.
"""
SIMPLIFIED = "此开卷第一回也。作者自云:因曾历过一番梦幻之后,故将真事隐去,而借通灵之说,撰此《石头记》一书也。\n"
TRADITIONAL = "此開卷第一回也。作者自云:因曾歷過一番夢幻之後,故將真事隱去,而借通靈之說,撰此《石頭記》一書也。\n"
JAPANESE = (
    "吾輩は猫である。名前はまだ無い。\nどこで生れたかとんと見当がつかぬ。何でも薄暗いじめじめした所で泣いていた。\n"
)
FRENCH = """Longtemps, je me suis couché de bonne heure. Parfois, à peine ma bougie éteinte, mes yeux se fermaient
si vite que je n'avais pas le temps de me dire: «Je m'endors.» Et, une demi-heure après, la pensée qu'il était
temps de chercher le sommeil m'éveillait.
"""
ENGLISH = """It is a truth universally acknowledged, that a single man must be in want of a wife.
“My dear Mr. Bennet,” said his lady to him, “have you heard that Netherfield Park is let at last?” He hadn’t.
"""


# Linux and macOS ship iconv, Windows does not; these tests run the advised command.
needs_iconv = pytest.mark.skipif(shutil.which("iconv") is None, reason="needs iconv")


def refusal(path, content):
    """Return the error message for a file with these bytes."""
    path.write_bytes(content)
    with pytest.raises(InputError) as raised:
        read_corpus(str(path))
    return str(raised.value)


def follow(message, folder):
    """Run the command that a message ends with, and return the text that it wrote."""
    command = message.rpartition(": ")[2]
    subprocess.run(command, shell=True, cwd=folder, check=True)
    name = shlex.split(command.partition(">")[2])[0]
    return read_corpus(str(folder / name)).text


@needs_iconv
@pytest.mark.parametrize(
    ("text", "encoding", "name"),
    [
        (RUSSIAN, "cp1251", "CP1251"),
        (RUSSIAN, "koi8_r", "KOI8-R"),
        (RUSSIAN, "cp866", "CP866"),
        (SIMPLIFIED, "gbk", "GB18030"),
        (TRADITIONAL, "big5", "BIG5"),
        (JAPANESE, "shift_jis", "CP932"),
        (JAPANESE, "euc_jp", "EUC-JP"),
        (FRENCH, "latin_1", "CP1252"),
        (ENGLISH, "cp1252", "CP1252"),
    ],
)
def test_the_advised_conversion_gives_the_text(tmp_path, text, encoding, name):
    message = refusal(tmp_path / "a b.txt", (text * 4).encode(encoding))
    assert "a b.txt is not UTF-8 (byte " in message
    assert f"In {name} it reads “" in message
    assert follow(message, tmp_path) == text * 4


@needs_iconv
@pytest.mark.parametrize("text", [RUSSIAN, SIMPLIFIED, ENGLISH])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_utf_16_and_32_are_named(tmp_path, text, encoding, mark):
    message = refusal(tmp_path / "-a.txt", (mark + text).encode(encoding))
    name = encoding.upper()[:6] if mark else encoding.upper().replace("-LE", "LE").replace("-BE", "BE")
    assert f"is {name}, not UTF-8. Convert it: iconv -f {name} " in message
    assert follow(message, tmp_path) == text


@needs_iconv
def test_iconv_knows_every_encoding_that_may_be_advised():
    for codec, name in ICONV_NAMES.items():
        letters = "".join(c for c in (bytes([b]).decode(codec, "ignore") for b in range(0xC0, 0xF0)) if c.isalpha())
        text = letters or {"gb18030": SIMPLIFIED, "cp949": "모든 인간은"}.get(codec, "一書也")
        converted = subprocess.run(
            ["iconv", "-f", name, "-t", "utf-8"], input=text.encode(codec), capture_output=True, check=True
        )
        assert converted.stdout.decode() == text


@pytest.mark.parametrize("text", ["déjà vu", "Größe\n", "naïve café"])
def test_of_too_little_no_encoding_is_guessed(tmp_path, text):
    message = refusal(tmp_path / "a.txt", text.encode("latin_1"))
    assert "its encoding cannot be guessed. Save it as UTF-8" in message
    assert "iconv" not in message


@needs_iconv
def test_ambiguous_accents_show_every_possible_reading(tmp_path, monkeypatch):
    """The conversion that the error advises works, and overwrites no file."""
    monkeypatch.chdir(tmp_path)
    text = "The quick brown fox jumps over the lazy dog and goes home.\n" * 2000 + "café, naïve, façade, señor\n"
    message = refusal(tmp_path / "-a.txt", text.encode("latin_1"))
    assert "In CP1252 it reads “café, naïve, façade, señor”; in CP1250 it reads “café, naďve, façade" in message
    assert "Convert it from the one that is right: iconv -f CP1252" in message
    assert follow(message, tmp_path) == text
    assert "> ./-a.utf82.txt" in refusal(tmp_path / "-a.txt", text.encode("latin_1"))[-40:], "what is there stays"


@needs_iconv
def test_quotes_in_ascii_are_shown_in_their_commonest_encoding(tmp_path):
    text = "All is well here in town.\n" * 200 + "“Don’t,” he said. “It’s mine — all of it.” She’d gone.\n"
    message = refusal(tmp_path / "a.txt", text.encode("cp1252"))
    assert "In CP1252 it reads “" in message
    assert follow(message, tmp_path) == text


@needs_iconv
@pytest.mark.parametrize(
    ("text", "encoding"),
    [("\ufeffa \ue000 list \x85\n", "utf-16-le"), ("abc" * 400, "utf-16-le"), ("abc" * 400, "utf-32-be")],
)
def test_utf_16_is_detected_by_bom_or_zeros(tmp_path, text, encoding):
    message = refusal(tmp_path / "a.txt", text.encode(encoding))
    assert f"is {encoding.upper()[:6]}" in message
    assert follow(message, tmp_path) == text.removeprefix("\ufeff")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-16-be", "utf-8"])
def test_a_mark_without_a_text_is_empty(tmp_path, encoding):
    mark = "".encode(encoding) or "\ufeff".encode(encoding)
    assert "is empty. Give another text" in refusal(tmp_path / "a.txt", mark)


def test_encoding_advice_never_contradicts_the_whole_text(tmp_path):
    late = bytes([0x81]) + "…".encode("cp1252")  # the first byte is not a character of that encoding
    content = (FRENCH * 1000).encode("latin_1") + late
    assert len(content) > 2 * SAMPLE
    assert "CP1252" not in refusal(tmp_path / "a.txt", content)
    assert "CP1252" in refusal(tmp_path / "a.txt", content[: -len(late)])


@pytest.mark.parametrize("before", ["plain words\n", "plain words "])
def test_what_is_beyond_ascii_may_come_late(tmp_path, before):
    content = (before * (3 * SAMPLE // len(before))).encode() + (ENGLISH * 3).encode("cp1252")
    assert "In CP1252 it reads “" in refusal(tmp_path / "a.txt", content)


@needs_iconv
@pytest.mark.parametrize("text", [RUSSIAN, FRENCH, SIMPLIFIED])
def test_a_damaged_place_in_utf_8_is_found(tmp_path, text):
    content = bytearray((text * 3).encode())
    place = content.rindex(b"\n", 0, -1) + 1
    content[place:place] = b"\xff"
    message = refusal(tmp_path / "a.txt", bytes(content))
    line = (text * 3).count("\n")
    assert f"is UTF-8, but one place is damaged (byte {place}, in line {line}). Repair it" in message
    subprocess.run(message.rpartition(": ")[2], shell=True, cwd=tmp_path, check=False)  # GNU's exits with 1 if it drops
    assert read_corpus(str(tmp_path / "a.utf8.txt")).text == text * 3


@pytest.mark.parametrize("missing", [1, 2])
def test_truncated_utf_8_is_reported_as_truncated(tmp_path, missing):
    content = SIMPLIFIED.strip("\n").encode()[:-missing]
    message = refusal(tmp_path / "a.txt", content)
    assert f"is UTF-8, but cut off within a character (byte {len(content) - 3 + missing}). Copy it again" in message
    assert SIMPLIFIED.startswith(follow(message, tmp_path))


def png():
    """Return a small PNG picture."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 72)) + chunk(b"IEND", b"")


RANDOM = random.Random(1).randbytes(200_000)
BINARY = {
    "picture": png(),
    "program": Path(sys.executable).resolve().read_bytes(),
    "gzip": gzip.compress((RUSSIAN + ENGLISH).encode() * 9),
    "zeros": bytes(100_000),
    "random": RANDOM,
    "random without zeros": RANDOM.replace(b"\0", b"\1"),
    "text with a zero": ENGLISH.encode() + b"\0" + ENGLISH.encode(),
    "late zero": ENGLISH.encode() * 1000 + b"\0",
}


@pytest.mark.parametrize("kind", BINARY)
def test_what_is_binary_is_given_no_encoding(tmp_path, kind):
    message = refusal(tmp_path / "a.txt", BINARY[kind])
    assert " is binary (byte " in message
    assert "iconv" not in message


def test_something_large_and_binary_is_not_read_whole(tmp_path):
    with (tmp_path / "disk.img").open("wb") as file:
        file.truncate(10**13)  # more than any memory holds
    with pytest.raises(InputError, match=r"is binary \(byte 0 is zero\)"):
        read_corpus(str(tmp_path / "disk.img"))


@pytest.mark.parametrize("content", [ENGLISH.encode("utf-16")[:-1], b"\xff\xfe" + b"a\0\0\xd8a\0"])
def test_damaged_utf_16_is_given_no_conversion(tmp_path, content):
    message = refusal(tmp_path / "a.txt", content)
    assert "UTF-16" in message or "binary" in message
    assert "iconv" not in message


def test_of_a_pipe_the_command_goes_into_the_pipe():
    reader, writer = os.pipe()
    os.write(writer, RUSSIAN.encode("cp1251"))
    os.close(writer)
    words = r"reads “Все счастливые .*convert it: pipe it through iconv -f CP1251 -t utf-8$"
    with pytest.raises(InputError, match=words):
        read_corpus(f"/dev/fd/{reader}")
    os.close(reader)


def test_the_command_shows_the_guess_in_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(RUSSIAN.encode("cp1251"))))
    assert train.main(["--data", "-", "--run-dir", str(tmp_path / "run")]) == 2
    told = capsys.readouterr().err
    assert told.startswith("error: standard input is not UTF-8 (byte 0 is 0xc2). In CP1251 it reads “Все счастливые")
    assert told.endswith("convert it: pipe it through iconv -f CP1251 -t utf-8\n")
    assert told.count("\n") == 1
    assert not (tmp_path / "run").exists()
