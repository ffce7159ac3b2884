"""The page for the phone: a program of its own, a client of a bridge's control socket, and a small web server."""
