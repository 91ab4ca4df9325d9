"""Labels, the review queue and jobs, kept in a database: SQLite by default, PostgreSQL by URL.

`tables.py` says what is kept; `migrations/` brings an older database up to it; every other file is one
table's reads and writes. Nothing here knows HTTP.
"""
