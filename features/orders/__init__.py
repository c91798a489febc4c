"""The life of an order: its lines, its commitment, the work on it. What looks past a moment does not live here."""
