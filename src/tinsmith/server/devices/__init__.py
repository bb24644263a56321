"""Devices: who sends recordings, and recording from afar."""
