"""The peers: an environment of its own for each, in build/peers."""
