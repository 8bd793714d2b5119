"""Guessing the encoding of a text from a sample; each guess is checked on the whole text."""

import codecs
import itertools
import re
import typing

if typing.TYPE_CHECKING:
    from charset_normalizer import CharsetMatch

PIECE = 2**20  # bytes decoded at once
SAMPLE = 2**16  # bytes used for a guess
CONTEXT = 200  # bytes kept, at most, before the first non-ASCII byte of a line
WIDE_ENOUGH = 30  # Chinese, Japanese or Korean characters; fewer fit several encodings
FOREIGN_ENOUGH = 3  # non-ASCII characters; fewer are too little to judge by
MOSTLY_ASCII = 0.25  # largest fraction of non-ASCII characters at which a person can judge by the others
READINGS = 3  # shown in a message, at most
CLOSE = 0.01  # guesses whose scores differ by less are equally good

# iconv's names, commonest encoding first: of several that decode a text alike, the first is named.
ICONV_NAMES = {
    "cp1252": "CP1252",
    "latin_1": "ISO-8859-1",
    "iso8859_15": "ISO-8859-15",
    "cp1251": "CP1251",
    "koi8_r": "KOI8-R",
    "koi8_u": "KOI8-U",
    "cp866": "CP866",
    "iso8859_5": "ISO-8859-5",
    "mac_cyrillic": "MAC-CYRILLIC",
    "gb18030": "GB18030",
    "big5": "BIG5",
    "big5hkscs": "BIG5-HKSCS",
    "cp932": "CP932",
    "euc_jp": "EUC-JP",
    "cp949": "CP949",
    "cp1250": "CP1250",
    "iso8859_2": "ISO-8859-2",
    "cp1253": "CP1253",
    "iso8859_7": "ISO-8859-7",
    "cp1254": "CP1254",
    "iso8859_9": "ISO-8859-9",
    "cp1255": "CP1255",
    "iso8859_8": "ISO-8859-8",
    "cp1256": "CP1256",
    "cp1257": "CP1257",
    "cp1258": "CP1258",
    "cp874": "CP874",
    "mac_roman": "MACINTOSH",
    "cp437": "CP437",
    "cp850": "CP850",
    "cp852": "CP852",
}

NOT_WRITTEN = re.compile("[\0-\x08\x0e-\x19\x1c-\x1f\x7f-\x9f\ue000-\uf8ff\ufdd0-\ufdef\ufffd-\uffff]")
FOREIGN = re.compile("[^\0-\x7f]")
WIDE = re.compile("[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]+")
# What wrong guesses turn accents and quotes into: a symbol within or after a word, or a letter after a comma.
ODD = re.compile(r"(?<=[^\W\d_])[‚„¶§¤¦¨¸¬¯°±²³´¹º¼½¾¡¿«†‡‰‹]|(?<=[,.!?;:])[^\W\d_\0-\x7f]")


def lines_beyond_ascii(content: bytes, first: int) -> bytes:
    """Collect a sample for a guess: the lines with non-ASCII bytes.

    Args:
        content: The bytes.
        first: The offset of the first byte that is not UTF-8.

    Returns:
        About `SAMPLE` bytes.
    """
    beyond, gathered, place = re.compile(rb"[\x80-\xff]"), bytearray(), content.rfind(b"\n", 0, first) + 1
    while len(gathered) < SAMPLE and (found := beyond.search(content, place)):
        # The bytes kept before `found` are ASCII, so this cuts no character.
        start = max(content.rfind(b"\n", place, found.start()) + 1, place, found.start() - CONTEXT)
        place = content.find(b"\n", found.start()) + 1 or len(content)
        gathered += content[start : min(place, start + SAMPLE)]
    return bytes(gathered)


def guess(content: bytes, sample: bytes) -> tuple[str, str] | None:
    """Guess an encoding from a sample, and check it on all bytes.

    Args:
        content: All bytes.
        sample: Lines of them.

    Returns:
        iconv's name for it, and the decoded sample; `None` when no guess is good enough.
    """
    # A sample that was cut may end within a character.
    ends = range(len(sample), len(sample) - (4 if len(sample) >= SAMPLE else 1), -1)
    for end in ends:
        matches = plausible(sample[:end])
        if not matches:
            continue
        best = matches[0]
        rivals = [m for m in matches[1:] if m.chaos - best.chaos < CLOSE and best.coherence - m.coherence < CLOSE]
        if any(str(rival) != str(best) for rival in rivals):
            continue
        for codec, name in ICONV_NAMES.items():
            if codec in best.could_be_from_charset and converts(content, codec):
                return name, str(best)
    return None


def plausible(sample: bytes) -> "list[CharsetMatch]":
    """Return the encodings in which a sample reads as some language, best first."""
    from charset_normalizer import from_bytes

    known = [m for m in from_bytes(sample) if not ICONV_NAMES.keys().isdisjoint(m.could_be_from_charset)]
    good = [match for match in known if reads_well(str(match), match.coherence)]
    return sorted(good, key=lambda match: (round(match.chaos, 2), -round(match.coherence, 2)))


def readings(content: bytes, sample: bytes) -> list[tuple[str, str]]:
    """List the encodings that a mostly ASCII text may have, for a person to choose when no guess is good enough.

    Args:
        content: All bytes.
        sample: Lines of them.

    Returns:
        iconv's names, commonest first, each with the sample decoded; no two decode it alike.
    """
    from charset_normalizer import from_bytes

    matches = [match for match in from_bytes(sample) if is_mostly_ascii(str(match))]
    least = min((match.chaos for match in matches), default=0.0)
    found: dict[str, str] = {}  # names by reading
    for codec, name in ICONV_NAMES.items():
        for match in matches:
            fits = match.chaos - least < CLOSE and codec in match.could_be_from_charset
            if fits and str(match) not in found and converts(content, codec):
                found[str(match)] = name
    return [(name, text) for text, name in found.items()][:READINGS]


def is_mostly_ascii(text: str) -> bool:
    """Whether a text has a few non-ASCII characters among many ASCII ones, like English with accents."""
    foreign = len(FOREIGN.findall(text))
    written = not NOT_WRITTEN.search(text) and not WIDE.search(text)
    return written and FOREIGN_ENOUGH <= foreign <= MOSTLY_ASCII * len(text)


def reads_well(text: str, coherence: float) -> bool:
    """Whether a decoded text looks like written language.

    Args:
        text: The text.
        coherence: How well its letter frequencies match those of some language, from 0 to 1.
    """
    foreign, runs = FOREIGN.findall(text), WIDE.findall(text)
    if NOT_WRITTEN.search(text):
        return False
    if sum(map(len, runs)) > len(foreign) / 2:
        # An accent and the letter after it may decode as one Chinese character, but seldom several in a row.
        in_a_row = sum(len(run) for run in runs if len(run) > 1)
        return in_a_row >= WIDE_ENOUGH and in_a_row >= 0.8 * sum(map(len, runs))
    capitals = sum(b > "\x7f" and b.isupper() and a.islower() for a, b in itertools.pairwise(text))
    odd = len(ODD.findall(text)) + capitals
    return coherence > 0 and len(foreign) >= FOREIGN_ENOUGH and odd <= len(foreign) / 20


def converts(content: bytes, codec: str, anything: bool = False) -> bool:
    """Whether bytes decode completely, to readable text, and encode back to the same bytes.

    Args:
        content: All bytes.
        codec: Python's name of the encoding.
        anything: Whether to allow control and private characters (never a zero), as after a byte-order mark.
    """
    unwanted = re.compile("\0") if anything else NOT_WRITTEN
    decoder, done = codecs.getincrementaldecoder(codec)(), 0
    try:
        for start in range(0, len(content), PIECE):
            text = decoder.decode(content[start : start + PIECE], start + PIECE >= len(content))
            encoded = text.encode(codec)
            if unwanted.search(text) or encoded != content[done : done + len(encoded)]:
                return False
            done += len(encoded)
    except UnicodeError:
        return False
    return done == len(content)


def excerpt(text: str, *others: str) -> str:
    """Return the surroundings of a text's first non-ASCII character, or of its first difference from other readings."""
    found = FOREIGN.search(text)
    place = found.start() if found else 0
    place = next((n for n, read in enumerate(zip(text, *others, strict=False)) if len(set(read)) > 1), place)
    return " ".join(text[max(place - 20, 0) : place + 20].split())
