"""Files of people from other systems: one file per format, found by its headers. Pure.

A new format is a class with `code`, `name`, `columns`, `date_fields` and `parse_row` (see `base.ImportFormat`) in a
file of its own, and a line in `formats.FORMATS`.
"""
