"""What dispatchers and operators do with a deployment, for a command line and for a page alike.

Asks and changes through boto3 clients that are handed in, tells as values, and writes no text for a terminal.
"""
