"""What a plant is made of, read from TOML."""
