"""Entry point of `python -m tinygpt_tui`, the same as `tinygpt-tui`."""

import sys

from tinygpt_tui.command import main

sys.exit(main())
