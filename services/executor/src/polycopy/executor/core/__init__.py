"""What the executor decides, beyond what the account decides itself. Pure.

An order is sent at most once by its signal, and again only with the same bytes. So the questions
here are: which decisions to take up, what an answer proves, and what to do with an order whose
answer is missing.
"""
