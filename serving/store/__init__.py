"""What the service remembers: events, scores and decisions, appended and never changed, and what is derived of them."""
