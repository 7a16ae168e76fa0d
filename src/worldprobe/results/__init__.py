"""Results: records of what was measured; they import nothing above `errors`."""
