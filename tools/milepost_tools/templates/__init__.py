"""The templates of a catalog as a team writes them, in the folder `templates` beside it: read, checked, previewed."""
