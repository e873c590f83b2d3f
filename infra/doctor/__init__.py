"""`make doctor`: looks at a stage, and says what is well, what is not, and what to do. Changes nothing.

`findings` are pure functions of what AWS told, `gather` asks AWS, `__main__` is the command.
"""
