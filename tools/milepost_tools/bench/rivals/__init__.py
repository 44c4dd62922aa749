"""Other designs for the same job, each written as well as one honestly can."""
