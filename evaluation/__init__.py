"""Curves, metrics, thresholds, comparisons and reports; `python -m evaluation` runs one.

On top stand the command line and the assessment, which joins the rooms for one method; nothing
here imports Streamlit.
"""
