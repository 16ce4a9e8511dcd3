"""CoopCycle Bridge: one order from any shop becomes exactly one delivery on CoopCycle."""
