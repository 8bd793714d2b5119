"""The terminal UI of tinygpt-keras: train models, chat with them, and manage runs."""
