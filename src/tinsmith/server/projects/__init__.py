"""Projects, who works on them and their keys."""
