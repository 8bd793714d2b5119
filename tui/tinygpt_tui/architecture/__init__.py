"""A model as the form shows it: its parts with their parameters, and a drawing of them."""
