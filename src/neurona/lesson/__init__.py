"""The lesson that the project grew out of: its failure, the cure, and other libraries beside it."""
