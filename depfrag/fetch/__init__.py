"""The only rooms that open a connection: session, limits, cache, routes and credentials."""
