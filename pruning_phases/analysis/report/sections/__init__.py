"""Sections of a report: the results of one analysis each, from its JSON file ``NAME.json``.

In: the content of the file. Out: findings in words, tables, reasons. Each file here is named after
its analysis and has a ``TITLE`` and a function ``tell(content)``. May not compute: what a section
says is in the file.
"""
