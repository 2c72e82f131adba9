"""The report of a run for analysts: small tables in, one HTML file out.

``reading.py`` fetches the tables and is the only module here that knows Spark. ``rendering.py``
makes the page of them; each section has a module that prepares what its template shows.
"""
