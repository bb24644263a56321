"""Big files that arrive in pieces, by the tus protocol, version 1.0."""
