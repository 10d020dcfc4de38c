"""What one person has chosen and computed, kept between two runs of a page.

State, jobs, memory and the address belong here; nothing draws.
"""
