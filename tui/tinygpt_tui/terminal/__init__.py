"""What Textual's drivers lack: bytes that are not UTF-8, pastes with ESC, signals, and a terminal that goes away."""

from textual.driver import Driver


def mended(driver: type[Driver]) -> type[Driver]:
    """Return the subclass of one of Textual's drivers that works round its faults.

    Args:
        driver: What Textual chose for this system.

    Returns:
        Its subclass; the driver itself on Windows, which has neither signals nor bytes to decode.
    """
    if driver.__name__ == "LinuxDriver":
        from tinygpt_tui.terminal.linux import TerminalDriver

        return TerminalDriver
    if driver.__name__ == "WebDriver":
        from tinygpt_tui.terminal.browser import BrowserDriver

        return BrowserDriver
    return driver
