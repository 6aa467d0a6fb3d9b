"""A small shop: catalogue, prices, sessions, orders and rendered pages."""
