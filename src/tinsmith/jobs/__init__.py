"""What runs where: long tasks as supervised jobs, on this machine or on a cluster."""
