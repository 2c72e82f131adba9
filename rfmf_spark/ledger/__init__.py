"""From raw records to holdings: cleaning, reconciliation, fee curve, positions."""
