"""Whether the risk answers events and decisions in the right direction; not how well it ranks orders."""
