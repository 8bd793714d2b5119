"""What may reach a terminal: text that shows, and nothing that acts."""


def printable(text: str, keep: str = "") -> str:
    """Show control characters as pictures, so that no text can act on the terminal.

    Args:
        text: Any text.
        keep: Control characters to leave, such as a line end.

    Returns:
        The text with C0 controls as U+2400 pictures and other controls as U+FFFD.
    """
    if text.isprintable():  # as nearly all texts are; a terminal acts on nothing that Unicode calls printable
        return text
    return "".join(c if c in keep or not acts(c) else picture(c) for c in text)


def acts(character: str) -> bool:
    """Say whether a terminal obeys a character instead of showing it: controls, and changes of direction."""
    point = ord(character)
    direction = point in (0x061C, 0x200E, 0x200F, 0xFEFF) or 0x202A <= point <= 0x202E or 0x2066 <= point <= 0x2069
    return point < 0x20 or 0x7F <= point <= 0x9F or direction


def picture(character: str) -> str:
    """Give a control character's picture."""
    point = ord(character)
    return chr(0x2400 + point) if point < 0x20 else "\u2421" if point == 0x7F else "\ufffd"
