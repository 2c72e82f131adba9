"""Spark as a platform: which engine, starting it, Connect, the doctor, what engines differ in."""
