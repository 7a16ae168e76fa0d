"""What the public API adds to the packages beneath it: arguments in the forms in which people have them."""
