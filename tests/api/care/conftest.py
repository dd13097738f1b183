"""Care's API on a real database."""
