"""The pages, a module for each; `dashboard.navigation` imports one when it is opened.

A page lays out components and asks the session; what two pages draw belongs in `components`.
"""
