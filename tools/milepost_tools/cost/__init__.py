"""What a month costs: measured units, list prices, and the bill that comes of them."""
