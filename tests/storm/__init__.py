"""A storm over the local stack: many orders, every fault, killed functions; then the books are compared."""
