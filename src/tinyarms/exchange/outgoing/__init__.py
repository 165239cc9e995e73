"""What goes out to other tools, in their formats: texts and rows of what is given.

It opens no file of a project: `parquet` writes into one that is open. `python_file` takes the code
of this package's `exported_prompt`.
"""
