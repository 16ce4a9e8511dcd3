"""When: opening hours, windows, and the time that a customer chose."""
