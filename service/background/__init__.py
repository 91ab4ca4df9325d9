"""Jobs: uploaded dumps that are scored by `stance score` in a process of its own, behind the requests.

`files.py` says where a job's files lie, `command.py` runs the process, `runner.py` takes job after job from
the store. A job survives its runner: whoever starts next goes on where the journal of `stance score` ends.
"""
