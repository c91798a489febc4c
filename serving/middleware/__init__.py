"""What every request passes before a route: log, key, limits. No route lives here."""
