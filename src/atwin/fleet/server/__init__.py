"""The whole fleet at the server: who comes when, what is asked a second, and what there is not."""
