"""The operator's command line: `bridge …`."""
