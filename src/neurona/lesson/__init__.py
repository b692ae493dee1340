"""The lesson that started the project: its failure, the cure, and a comparison of libraries."""
