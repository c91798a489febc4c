"""The HTTP service: the application, its routes and what they share."""
