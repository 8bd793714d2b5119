"""The parts of screens; none of them depends on a screen or a process."""
