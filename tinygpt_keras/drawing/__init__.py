"""What the views find, drawn: in a terminal, and as a page for a browser."""
