"""A connection: one shop joined to one CoopCycle store; settings and secrets, read once, checked whole."""
