"""What people upload on its way to rows: files, folders, tables by rule, videos, annotations."""
