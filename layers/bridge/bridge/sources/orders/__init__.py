"""Orders as shops keep them, in our words: a module for each shop whose source would be too long with it."""
