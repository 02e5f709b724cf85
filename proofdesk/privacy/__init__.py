"""Privacy: records sealed to those who may read them, their keys, and what a person shows of his pseudonyms.

It imports the core and signed acts; the core only hands over to it.
"""
