"""Sample data without a download, and the painted defects that it shares with the self-test.

A module draws one kind of sample; `catalogue` lists them all.
"""
