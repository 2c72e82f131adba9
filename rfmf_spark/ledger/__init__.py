"""From raw records to clean ones: opening files, parsing, rules, repeats, and the audit."""
