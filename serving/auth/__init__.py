"""Keys, roles and plants: who may call what, and see what. The middleware asks here."""
