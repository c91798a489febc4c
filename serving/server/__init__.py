"""How a process listens and ends: limits of connections, options of the server, the parent. No request is read here."""
