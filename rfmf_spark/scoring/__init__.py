"""From features to scores: order statistics, cut points, scores, score cells."""
