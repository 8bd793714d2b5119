"""Looking inside a model: every inner tensor by name, and the views on them, each a pure function.

`forward` names and replaces tensors; each other module is a view. Read `forward`, then `surprise`, then the rest.
"""
