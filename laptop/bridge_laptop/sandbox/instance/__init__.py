"""What CoopCycle does beside its routes; nothing here reads a request or writes an answer."""
