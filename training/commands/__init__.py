"""One module for each `stance` command that trains or measures; loaded only when it is called."""
