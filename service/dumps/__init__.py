"""Reading and writing dumps of comments as streams: CSV, TSV, JSON Lines and Parquet, plain or compressed."""
