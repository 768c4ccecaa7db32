"""Commands of the package.

In: words of the command line. Out: lines of text and an exit code.
"""
