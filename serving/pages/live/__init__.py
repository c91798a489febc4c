"""What a page says of now: new scores as they come, and what a reader must know before they believe it."""
