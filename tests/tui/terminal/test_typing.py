"""Whatever is typed and pasted in a real terminal, the UI shows it harmlessly and goes on."""

BEYOND_LATIN = "你好"
PASTE = b"\x1b[200~%b\x1b[201~"


def test_invalid_utf8_and_hostile_pastes_become_plain_text(pseudo):
    terminal = pseudo()
    terminal.wait_for("ready to chat")
    terminal.type(b"c")
    terminal.wait_for("it continues a play", "parameters, reads")
    terminal.type(b"caf\xe9 ")
    terminal.wait_for("caf\N{REPLACEMENT CHARACTER} ")
    terminal.type(b"\x1b[M \xa00")  # the mouse, as old terminals report it
    terminal.type(b"one ")
    terminal.type(PASTE % b"two \xf0\x9f\x98")
    terminal.type(PASTE % b" \x1b[31mthree\x1b[0m\tfour\r\nfive\x00\x9b")
    terminal.type(BEYOND_LATIN.encode())
    terminal.wait_for(
        "caf\N{REPLACEMENT CHARACTER} one two \N{REPLACEMENT CHARACTER} [31mthree[0m four five"
        f"\N{REPLACEMENT CHARACTER}{BEYOND_LATIN[0]}"
    )
    terminal.type(PASTE % (b"word \x1b[2J\r" * 140_000))
    terminal.wait_for("The last 2,000 characters are kept")
    terminal.type(b" and more")
    terminal.wait_for("word [2J word [2J and more")
    terminal.type(b"\x1b[200~never ended")
    terminal.wait_for("and morenever ended")
    terminal.type(b"\x11")
    assert terminal.status() == 0
    assert terminal.left_at_last() == []
