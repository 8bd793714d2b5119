"""Training that is asked for, started and watched."""
