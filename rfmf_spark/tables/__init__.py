"""Output tables: reading and writing, runs and which of them is current, the run lock."""
