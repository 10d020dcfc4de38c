"""What a comparison is, how one runs, what it costs, and where it is stored.

What calls a detector or writes the folder of a comparison belongs here; metrics and thresholds
are computed from what it stored.
"""
