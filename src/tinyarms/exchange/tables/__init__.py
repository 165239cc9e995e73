"""Tables in files: CSV, JSON, Parquet, Arrow and Excel as a stream of rows."""
