"""What signals, topics and reasons add to the risks of many orders, as tables. How trees are read: explanation."""
