"""A package such as somebody else might install: one of everything that can be added.

`tests.test_plugins` installs it for a while. Every module stands for a package of its own.
"""
