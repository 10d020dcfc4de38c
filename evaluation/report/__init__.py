"""How a comparison is told: colours, plots, tables, sentences, the HTML report and the archive.

What is drawn or written alike on the page, in the report and on the command line belongs here; no
metric is computed.
"""
