"""Migrations of the tables, oldest first; run by `store.database.migrate`."""
