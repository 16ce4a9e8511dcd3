"""The smallest connection's file, and what is wrong with one."""

from __future__ import annotations

MINIMAL = 'source = "shopify"\n[coopcycle]\nurl = "https://acme.coopcycle.org"\n'
