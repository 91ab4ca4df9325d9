"""One module for each `stance` command that serves or scores; loaded only when it is called."""
