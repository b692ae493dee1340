"""Tables: what a cell, a column and a row are, once, for all that read them."""
