"""What the page of an order draws and decides; how it reads is in the templates."""
