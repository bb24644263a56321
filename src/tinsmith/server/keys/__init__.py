"""Keys: of programs, of people and of devices."""
