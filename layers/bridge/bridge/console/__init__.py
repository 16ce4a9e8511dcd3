"""The page for dispatchers: orders, one order, parked, connections, pictures.

Decides nothing about orders: what it shows and does comes from :mod:`bridge.operator`, through
:mod:`bridge.console.desk` alone. ``static/htmx.min.js`` is htmx 2.0.11 (package ``htmx.org`` of the npm
registry, Zero-Clause BSD, ``static/htmx.LICENSE.txt``), unchanged.
"""
