"""CoopCycle's routes, a file a resource: what is asked, and the JSON that answers."""
