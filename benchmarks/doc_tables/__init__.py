"""Tables of the docs: a function for each kind, which reads recorded results and returns Markdown."""
