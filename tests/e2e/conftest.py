"""The whole stack as `bridge local` runs it, on free ports."""
