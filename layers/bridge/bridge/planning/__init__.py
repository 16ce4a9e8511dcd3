"""From a sender's document to the delivery that CoopCycle is asked for: read, filter, choose windows, map."""
