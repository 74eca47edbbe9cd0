"""A Plan as something to read: pure functions to str."""
