"""What bench/run is made of: processes, the series, the report."""
