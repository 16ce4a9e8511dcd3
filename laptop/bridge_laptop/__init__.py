"""What runs on a laptop and never in the layer: the command line, the local stack, the sandbox."""
