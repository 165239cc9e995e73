"""What the pages are made of: templates, a style, scripts, and the libraries that they use.

Nothing of it comes from elsewhere, and the service sends each file by its own name.
"""
