"""The terminal UI of tinygpt-keras: watch a model learn, talk to it, keep the runs."""
