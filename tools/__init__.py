"""Commands of the project about its own code. Nothing that is shipped lives here."""
