"""What is heard of leaders becomes events. Pure.

`reports`: what sources bring. `trades`: how reports of one trade become one.
"""
