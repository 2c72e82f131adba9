"""One file per section of the settings: names, types, limits, defaults, meaning, cross-checks."""
