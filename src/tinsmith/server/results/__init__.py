"""What jobs found: models and test results."""
