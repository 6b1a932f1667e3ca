"""`/docs`: the API's reference for people."""
