"""People, as administrators of the installation see them."""
