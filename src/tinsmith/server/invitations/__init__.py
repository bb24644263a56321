"""Invitations into organizations and projects, by a link that works once."""
