"""The pages: they ask the library for scores and metrics, and draw them.

On top stands what every page needs: navigation, errors, texts made safe, and what the server
offers.
"""
