"""Parts from which pages are made: pictures, forms, dialogs, and the browser's parts.

A part draws what it is given; a folder with front-end files is one of Streamlit's components.
"""
