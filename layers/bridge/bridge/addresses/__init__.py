"""Addresses as a geocoder and a courier read them: country, street and house number, the written line."""
