"""What every route needs: the request read, the answer written, the refusal."""
