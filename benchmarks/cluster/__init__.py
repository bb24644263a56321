"""How feature extraction scales over the nodes of a cluster."""
