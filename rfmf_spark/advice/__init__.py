"""From segments to products: yields, liquidity, and what users really earned."""
