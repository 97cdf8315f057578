"""The suite of grouper versions: every version under the same load."""
