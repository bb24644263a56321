"""The audit log: who changed rights, keys and what cannot be brought back."""
