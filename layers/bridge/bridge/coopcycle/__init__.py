"""A client of CoopCycle's HTTP API and the OAuth tokens it needs; knows no AWS.

``CoopCycleClient`` (:mod:`bridge.coopcycle.client`) does the calls, ``TokenProvider``
(:mod:`bridge.coopcycle.token`) gets and shares the tokens, :mod:`bridge.coopcycle.payload` is the wire
format. Import from those modules: importing this package alone costs nothing at a cold start.
"""
