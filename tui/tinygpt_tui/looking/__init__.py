"""What the screen Look shows, without widgets: what is looked at, what is asked of the worker, and how it is drawn."""
