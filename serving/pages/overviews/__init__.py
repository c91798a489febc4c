"""What the pages about many orders show, before the templates draw it: changes, production, the model."""
