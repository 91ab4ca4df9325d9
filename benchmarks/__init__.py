"""Speed, always as a ratio against a peer in the same run. Never part of the tests.

`offline` and `server` measure, `peers` installs what they measure against, `page` writes docs/benchmarks.md.
"""
