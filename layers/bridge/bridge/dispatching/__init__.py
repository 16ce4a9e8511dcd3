"""The order's life: from an accepted webhook to one delivery on CoopCycle."""
