"""What `shiprisk` can do: one module a group of commands, and what they print. No work is done here."""
