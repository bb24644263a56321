"""Jobs: starting, following and stopping long tasks."""
