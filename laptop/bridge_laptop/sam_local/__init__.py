"""``sam local`` against the running local stack: template, settings and events made for it, and a check."""
