"""The command line: one verb per room."""
