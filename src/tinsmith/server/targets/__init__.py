"""What impulses are meant for: boards, budgets and whether things fit."""
