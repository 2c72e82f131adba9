"""What one run shares: its context, its events, its progress."""
