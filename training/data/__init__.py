"""Decision points with outcomes, and how they are split by time and by order. No model lives here."""
