"""Escaping of control characters, so that text cannot control the terminal."""


def printable(text: str, keep: str = "") -> str:
    """Replace control characters by visible ones, so that no text can control the terminal.

    Args:
        text: Any text.
        keep: Control characters to keep, such as a newline.

    Returns:
        The text with C0 controls and DEL as control pictures (U+2400 to U+2421), and other controls as U+FFFD.
    """
    if text.isprintable():  # the common case, and fast: no printable character is a control
        return text
    return "".join(c if c in keep or not acts(c) else picture(c) for c in text)


def acts(character: str) -> bool:
    """Whether a character controls the terminal instead of being shown: C0, C1 and bidirectional controls."""
    point = ord(character)
    direction = point in (0x061C, 0x200E, 0x200F, 0xFEFF) or 0x202A <= point <= 0x202E or 0x2066 <= point <= 0x2069
    return point < 0x20 or 0x7F <= point <= 0x9F or direction


def picture(character: str) -> str:
    """Return the visible replacement of a control character."""
    point = ord(character)
    return chr(0x2400 + point) if point < 0x20 else "\u2421" if point == 0x7F else "\ufffd"
