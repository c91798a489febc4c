"""The wire: what requests and replies hold. No database and no model lives here."""
