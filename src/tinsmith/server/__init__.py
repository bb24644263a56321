"""The REST API: one folder a feature, each with `routes.py`, `service.py` and `schemas.py`."""
