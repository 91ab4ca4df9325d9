"""Whatever scores texts without a server, each in a process and an environment of its own."""
