"""People: signing in and out, and who is signed in."""
