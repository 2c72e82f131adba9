"""K-means over the score cells: criteria over all users, the sweep over K, the choice of K."""
