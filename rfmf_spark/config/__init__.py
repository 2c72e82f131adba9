"""Configuration: what can be set, where values come from, and how mistakes are told."""
