"""The table ``[fields]``: JMESPath into a sender's document."""
