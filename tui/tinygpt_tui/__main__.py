"""`python -m tinygpt_tui` is `tinygpt-tui`."""

import sys

from tinygpt_tui.command import main

sys.exit(main())
