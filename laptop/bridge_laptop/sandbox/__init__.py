"""A CoopCycle instance in miniature, to develop and to test against."""
