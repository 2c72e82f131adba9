"""A made-up fund company: a ledger of any size whose truth is known, for demos and tests."""
