"""From clean trades to recency, frequency and monetary value of every user."""
