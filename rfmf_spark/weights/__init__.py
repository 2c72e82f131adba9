"""Weights of the three scores from expert judgments: the analytic hierarchy process."""
