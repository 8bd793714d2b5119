"""The parts of screens; none knows a screen or a process."""
