"""What the screens show and do, without a widget: followed runs, their history, training children, conversations."""
