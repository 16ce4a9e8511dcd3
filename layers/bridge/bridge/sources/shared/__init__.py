"""What sources are made of: the contract, readers of foreign JSON, signature schemes."""
