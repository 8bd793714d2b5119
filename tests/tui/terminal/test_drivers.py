"""Each of Textual's drivers is mended, where there is something to mend."""

from textual.drivers.linux_driver import LinuxDriver
from textual.drivers.web_driver import WebDriver

from tinygpt_tui.terminal import mended
from tinygpt_tui.terminal.browser import BrowserDriver
from tinygpt_tui.terminal.linux import TerminalDriver


class WindowsDriver(LinuxDriver):
    """In the place of Windows's own, which cannot be imported here."""


def test_a_terminal_and_browser_get_mended_drivers():
    """Windows keeps Textual's own driver."""
    assert mended(LinuxDriver) is TerminalDriver
    assert mended(WebDriver) is BrowserDriver
    assert mended(WindowsDriver) is WindowsDriver
