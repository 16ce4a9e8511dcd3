"""What goes wrong on request, in front of an application that knows nothing of it."""
