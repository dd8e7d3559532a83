"""The functions themselves, by group: plain Python functions on values that were read and bounded before.

`functions.py` gives them their names and says what each argument is read as and what null does.
"""
