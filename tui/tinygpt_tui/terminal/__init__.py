"""Fixes for Textual's drivers: invalid UTF-8, pastes with ESC, signals, and a terminal that disappears."""

from textual.driver import Driver


def mended(driver: type[Driver]) -> type[Driver]:
    """Return the subclass that works around the bugs of one of Textual's drivers.

    Args:
        driver: The driver that Textual chose for this system.

    Returns:
        Its subclass; on Windows, which needs neither signals nor decoding, the driver itself.
    """
    if driver.__name__ == "LinuxDriver":
        from tinygpt_tui.terminal.linux import TerminalDriver

        return TerminalDriver
    if driver.__name__ == "WebDriver":
        from tinygpt_tui.terminal.browser import BrowserDriver

        return BrowserDriver
    return driver
