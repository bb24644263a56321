"""What the server keeps: tables, migrations and blobs."""
