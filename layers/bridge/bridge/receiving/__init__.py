"""What comes in, and what goes on the queue."""
