"""Playing with a finished study: a page on which one's own hand moves the controls, and encoders' guesses follow."""
